//! Browser driver: the engine in a dedicated worker over OPFS and WebSocket.
