//! The live API server.
