mod asking;
mod costs;
mod fixture;
mod hostile;
mod net;
mod property;
mod scenarios;
mod serving;
