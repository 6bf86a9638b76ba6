//! What each key makes of what is shown.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::Correction;
use crate::browser::{Browser, Mode, PanelView};
use crate::line::TypedLine;

/// What is to happen that the state cannot do itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum KeyOutcome {
    Leave,
    /// Until the shell takes it up again.
    Pause,
    Correct(Correction),
}

/// What was typed into a line.
enum Typed {
    Enter,
    Escape,
    Changed,
    Nothing,
}

impl Browser {
    /// What `key` does.
    pub(crate) fn key(&mut self, key: KeyEvent) -> Option<KeyOutcome> {
        self.says = None;
        if key.modifiers.contains(KeyModifiers::CONTROL) {
            match key.code {
                KeyCode::Char('c') => return Some(KeyOutcome::Leave),
                KeyCode::Char('z') => return Some(KeyOutcome::Pause),
                _ => {}
            }
        }
        // A letter with Alt is no letter: a terminal says so of Esc and a letter that come at once.
        if key.modifiers.contains(KeyModifiers::ALT) && matches!(key.code, KeyCode::Char(_)) {
            return None;
        }
        match std::mem::take(&mut self.mode) {
            Mode::Walk => self.walk(key),
            Mode::Help => None,
            Mode::Search(line) => self.search_key(line, key),
            Mode::Rename(node, line) => self.rename_key(node, line, key),
            Mode::MergeName { kept, other, line } => self.merge_key((kept, other), line, key),
            Mode::Undo if matches!(key.code, KeyCode::Char('y' | 'Y') | KeyCode::Enter) => {
                let last = self.tree.edits.last().cloned().unwrap_or_default();
                Some(KeyOutcome::Correct(Correction::Undo { last }))
            }
            Mode::Undo => {
                self.says = Some("nothing was undone".to_owned());
                None
            }
        }
    }

    /// What somebody pasted: text where a line is typed, else nothing.
    pub(crate) fn paste(&mut self, text: &str) {
        match &mut self.mode {
            Mode::Search(line) => {
                line.insert(text);
                let wanted = line.text();
                self.look_for(&wanted);
            }
            Mode::Rename(_, line) | Mode::MergeName { line, .. } => line.insert(text),
            Mode::Walk | Mode::Help | Mode::Undo => {}
        }
    }

    fn walk(&mut self, key: KeyEvent) -> Option<KeyOutcome> {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let page = isize::try_from(self.height.max(2) - 1).unwrap_or(1);
        match key.code {
            KeyCode::Char('f') if control => self.go_by(page),
            KeyCode::Char('b') if control => self.go_by(-page),
            KeyCode::Char('d') if control => self.go_by(page / 2),
            KeyCode::Char('u') if control => self.go_by(-(page / 2)),
            KeyCode::Char(_) if control => {}
            KeyCode::Down | KeyCode::Char('j') => self.go_by(1),
            KeyCode::Up | KeyCode::Char('k') => self.go_by(-1),
            KeyCode::PageDown => self.go_by(page),
            KeyCode::PageUp => self.go_by(-page),
            KeyCode::Home | KeyCode::Char('g') => self.go_by(isize::MIN),
            KeyCode::End | KeyCode::Char('G') => self.go_by(isize::MAX),
            KeyCode::Right | KeyCode::Char('l') => self.open_or_enter(),
            KeyCode::Left | KeyCode::Char('h') => self.close_or_leave(),
            KeyCode::Enter => return self.enter(),
            KeyCode::Esc => self.escape(),
            KeyCode::Tab => self.full = !self.full,
            KeyCode::Char('q') => return Some(KeyOutcome::Leave),
            KeyCode::Char(letter) => return self.letter(letter),
            _ => {}
        }
        None
    }

    fn letter(&mut self, letter: char) -> Option<KeyOutcome> {
        match letter {
            ' ' => self.toggle(),
            '*' => self.open_below(),
            '-' => self.close_all(),
            'J' => self.scroll_by(1),
            'K' => self.scroll_by(-1),
            '/' => self.begin_search(),
            'n' => self.next_hit(1),
            'N' => self.next_hit(-1),
            'w' => self.turn_panel(),
            'd' => self.turn_list(),
            '?' => self.mode = Mode::Help,
            'r' => self.begin_rename(),
            'm' => self.begin_move(),
            'M' => self.begin_merge(),
            'p' => return self.pin(),
            'a' => return self.take_runner_up(),
            'u' => self.begin_undo(),
            _ => {}
        }
        None
    }

    fn turn_panel(&mut self) {
        self.scroll = 0;
        self.panel = match self.panel {
            PanelView::Facts => PanelView::Why,
            PanelView::Why => PanelView::Facts,
        };
    }

    fn search_key(&mut self, mut line: TypedLine, key: KeyEvent) -> Option<KeyOutcome> {
        match typed(&mut line, key) {
            Typed::Enter => self.keep_search(),
            Typed::Escape => self.drop_search(),
            Typed::Changed => {
                self.look_for(&line.text());
                self.mode = Mode::Search(line);
            }
            Typed::Nothing => self.mode = Mode::Search(line),
        }
        None
    }

    fn rename_key(
        &mut self,
        node: usize,
        mut line: TypedLine,
        key: KeyEvent,
    ) -> Option<KeyOutcome> {
        match typed(&mut line, key) {
            Typed::Enter => return self.rename(node, &line.text()),
            Typed::Escape => {}
            Typed::Changed | Typed::Nothing => self.mode = Mode::Rename(node, line),
        }
        None
    }

    fn merge_key(
        &mut self,
        (kept, other): (usize, usize),
        mut line: TypedLine,
        key: KeyEvent,
    ) -> Option<KeyOutcome> {
        match typed(&mut line, key) {
            Typed::Enter => return self.merge(kept, other, &line.text()),
            Typed::Escape => {}
            Typed::Changed | Typed::Nothing => {
                self.mode = Mode::MergeName { kept, other, line };
            }
        }
        None
    }
}

fn typed(line: &mut TypedLine, key: KeyEvent) -> Typed {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Enter => return Typed::Enter,
        KeyCode::Esc => return Typed::Escape,
        // Who takes away more than there is wants to leave.
        KeyCode::Backspace if !line.backspace() && line.parts().1.is_empty() => {
            return Typed::Escape;
        }
        KeyCode::Backspace => {}
        KeyCode::Delete => line.delete(),
        KeyCode::Left => line.left(),
        KeyCode::Right => line.right(),
        KeyCode::Home => line.home(),
        KeyCode::End => line.end(),
        KeyCode::Char('a') if control => line.home(),
        KeyCode::Char('e') if control => line.end(),
        KeyCode::Char('u') if control => line.cut_before(),
        KeyCode::Char('w') if control => line.cut_word(),
        KeyCode::Char(_) if control => return Typed::Nothing,
        KeyCode::Char(letter) => line.insert(letter.encode_utf8(&mut [0; 4])),
        _ => return Typed::Nothing,
    }
    Typed::Changed
}
