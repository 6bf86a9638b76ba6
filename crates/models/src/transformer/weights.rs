//! Weights from a safetensors file, which may hold numbers or bytes with scales.

use std::borrow::Cow;

use rayon::prelude::*;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use crate::transformer::config::ModelConfig;
use crate::transformer::encoder::{Encoder, Layer, Norm, Pooling};
use crate::transformer::linear::{Linear, Weights};

/// Builds the encoder. The error says which tensor is not as it should be.
///
/// A matrix `NAME.weight` of type F32 is brought to 8 bits; one of type I8 is taken as it is, with
/// the scales of its rows in `NAME.scale` (F32).
pub(crate) fn encoder(
    config: &ModelConfig,
    bytes: &[u8],
    pooling: Pooling,
    limit: usize,
) -> Result<Encoder, String> {
    let file = SafeTensors::deserialize(bytes)
        .map_err(|error| format!("not a whole safetensors file: {error}"))?;
    let prefix = if file.tensor("bert.embeddings.LayerNorm.weight").is_ok() { "bert." } else { "" };
    let tensors = Tensors { file, prefix, hidden: config.hidden_size };
    let layers = (0..config.num_hidden_layers)
        .into_par_iter()
        .map(|layer| tensors.layer(layer, config.intermediate_size))
        .collect::<Result<Vec<_>, _>>()?;
    let hidden = config.hidden_size;
    Ok(Encoder {
        words: tensors.words()?,
        places: tensors.places(limit)?,
        norm: tensors.norm("embeddings.LayerNorm")?,
        layers,
        hidden,
        heads: config.num_attention_heads,
        epsilon: config.layer_norm_eps,
        pooling,
    })
}

struct Tensors<'a> {
    file: SafeTensors<'a>,
    prefix: &'static str,
    hidden: usize,
}

impl Tensors<'_> {
    fn layer(&self, layer: usize, wide: usize) -> Result<Layer, String> {
        let part = |name: &str, outputs, inputs| {
            let name = format!("encoder.layer.{layer}.{name}");
            Ok::<_, String>((
                self.matrix(&name, Some(outputs), inputs)?,
                self.numbers(&format!("{name}.bias"), &[outputs])?,
            ))
        };
        let norm = |name: &str| self.norm(&format!("encoder.layer.{layer}.{name}.LayerNorm"));
        let hidden = self.hidden;
        Ok(Layer {
            project: Linear::new(&[
                part("attention.self.query", hidden, hidden)?,
                part("attention.self.key", hidden, hidden)?,
                part("attention.self.value", hidden, hidden)?,
            ]),
            attended: Linear::new(&[part("attention.output.dense", hidden, hidden)?]),
            attended_norm: norm("attention.output")?,
            widen: Linear::new(&[part("intermediate.dense", wide, hidden)?]),
            narrow: Linear::new(&[part("output.dense", hidden, wide)?]),
            narrow_norm: norm("output")?,
        })
    }

    fn words(&self) -> Result<Weights<'static>, String> {
        let Weights { bytes, scales, width } =
            self.matrix("embeddings.word_embeddings", None, self.hidden)?;
        Ok(Weights { bytes: Cow::Owned(bytes.into_owned()), scales, width })
    }

    /// Positions and token type 0, of which every token has one.
    fn places(&self, limit: usize) -> Result<Vec<f32>, String> {
        let positions = self.numbers("embeddings.position_embeddings.weight", &[])?;
        let types = self.numbers("embeddings.token_type_embeddings.weight", &[])?;
        let (positions, kind) = (positions.get(..limit * self.hidden), types.get(..self.hidden));
        let (Some(positions), Some(kind)) = (positions, kind) else {
            return Err(format!(
                "its position or token type embeddings are not {limit} positions and a type of {} numbers",
                self.hidden
            ));
        };
        Ok(positions.iter().zip(kind.iter().cycle()).map(|(p, t)| p + t).collect())
    }

    fn norm(&self, name: &str) -> Result<Norm, String> {
        Ok(Norm {
            scale: self.numbers(&format!("{name}.weight"), &[self.hidden])?,
            shift: self.numbers(&format!("{name}.bias"), &[self.hidden])?,
        })
    }

    fn matrix(
        &self,
        name: &str,
        outputs: Option<usize>,
        inputs: usize,
    ) -> Result<Weights<'_>, String> {
        let weight = format!("{name}.weight");
        let found = self.tensor(&weight)?;
        let rows = match *found.shape() {
            [rows, columns] if columns == inputs && outputs.is_none_or(|n| n == rows) => rows,
            _ => return Err(format!("{weight} has the shape {:?}", found.shape())),
        };
        if found.dtype() != Dtype::I8 {
            return Ok(Weights::quantise(&self.numbers(&weight, &[rows, inputs])?, inputs));
        }
        let scales = self.numbers(&format!("{name}.scale"), &[rows])?;
        Ok(Weights { bytes: self.bytes(&weight)?, scales, width: inputs })
    }

    fn bytes(&self, name: &str) -> Result<Cow<'_, [u8]>, String> {
        let name = format!("{}{name}", self.prefix);
        let view = self.file.tensor(&name).map_err(|error| error.to_string())?;
        Ok(Cow::Owned(view.data().to_vec()))
    }

    /// The numbers of a tensor of this shape (of any, where it is empty), all of them finite.
    fn numbers(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, String> {
        let found = self.tensor(name)?;
        if found.dtype() != Dtype::F32 {
            return Err(format!("{name} is of type {:?}; F32 is supported", found.dtype()));
        }
        if !shape.is_empty() && found.shape() != shape {
            return Err(format!("{name} has the shape {:?}, not {shape:?}", found.shape()));
        }
        let numbers: Vec<f32> =
            found.data().as_chunks::<4>().0.iter().map(|&four| f32::from_le_bytes(four)).collect();
        if numbers.iter().any(|x| !x.is_finite()) {
            return Err(format!("{name} has a value that is not a finite number"));
        }
        Ok(numbers)
    }

    fn tensor(&self, name: &str) -> Result<TensorView<'_>, String> {
        let name = format!("{}{name}", self.prefix);
        self.file.tensor(&name).map_err(|_| format!("it has no tensor {name}"))
    }
}
