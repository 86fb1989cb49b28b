//! The segment rule language: parse, check, evaluate, explain. Pure: no I/O, no clock.
