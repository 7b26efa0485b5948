// What can go wrong for a reader, each with one sentence: what was expected, what was found, and what helps.

// A file, browser or input that does not fit.
export class EngineError extends Error {
  name = "EngineError";
}

// A newer call has taken this one's place before it began.
export class Superseded extends Error {
  name = "Superseded";

  constructor() {
    super("A newer call has taken the place of this one.");
  }
}
