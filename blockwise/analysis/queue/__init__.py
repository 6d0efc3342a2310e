"""How busy units are and who waits: Erlang's formulas, Larson's hypercube and his approximation of it."""
