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

/** The logger, of which nothing that it throws or rejects with comes back: to say something must not stop anything. */
export function tameLogger(logger: Logger): Logger {
  const tame = (say: () => unknown): void => {
    try {
      const said = say();
      if (said instanceof Promise) said.catch(() => {});
    } catch {
      // There is nobody left to tell.
    }
  };
  return {
    info: (message) => tame(() => logger.info(message)),
    warn: (message, error) => tame(() => logger.warn(message, error)),
    error: (message, error) => tame(() => logger.error(message, error)),
  };
}

function line(level: string, message: string): string {
  return `millrace ${level} ${message}`;
}
