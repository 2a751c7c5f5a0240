//! Native driver: sockets, timers and profile files around the engine.
