//! Holds no code: everything is in `tests/`.
