/** A program that fails before start(). */
throw new Error("no configuration");
