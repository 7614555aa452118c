/** Owns: the logger port, and the logger that writes to standard error. */

/** Where Millrace says what an operator should know; any logger with these methods fits. */
export interface Logger {
  info(message: string): void;
  warn(message: string, error?: unknown): void;
  error(message: string, error?: unknown): void;
}

/** Writes to standard error, a line each, errors with their stack. */
export const consoleLogger: Logger = {
  info: (message) => console.warn(line("INFO", message)),
  warn: (message, error) =>
    console.warn(line("WARN", message), ...(error === undefined ? [] : [error])),
  error: (message, error) =>
    console.error(line("ERROR", message), ...(error === undefined ? [] : [error])),
};

/** Says nothing. */
export const silentLogger: Logger = { info: () => {}, warn: () => {}, error: () => {} };

function line(level: string, message: string): string {
  return `millrace ${level} ${message}`;
}
