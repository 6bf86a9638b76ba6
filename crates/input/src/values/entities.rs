//! Entities of HTML.

/// Entities as the letters that they stand for; what is none stays as it is.
pub(crate) fn decoded(text: &str) -> String {
    let mut rest = text;
    let mut whole = String::with_capacity(text.len());
    while let Some((before, behind)) = rest.split_once('&') {
        whole.push_str(before);
        let entity = behind.split_once(';').filter(|(name, _)| name.len() <= 32);
        match entity.and_then(|(name, after)| Some((letters(name)?, after))) {
            Some((letters, after)) => {
                whole.push_str(&letters);
                rest = after;
            }
            None => {
                whole.push('&');
                rest = behind;
            }
        }
    }
    whole + rest
}

fn letters(entity: &str) -> Option<String> {
    let Some(number) = entity.strip_prefix('#') else {
        return quick_xml::escape::resolve_html5_entity(entity).map(str::to_owned);
    };
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => number.parse().ok()?,
    };
    char::from_u32(code).filter(|letter| !letter.is_control()).map(String::from)
}
