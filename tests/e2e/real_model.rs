//! A real model, where there is one.
