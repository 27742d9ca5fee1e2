//! Rules against the compiled runtime, agreement of prediction and verdict
