mod edges;
mod learning;
mod offline;
mod propensities;
mod replay;
mod rules;
mod simulate;
mod uplift;
