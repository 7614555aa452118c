/**
 * Owns: what a command is: plain data that help, documentation and completion are made of, and the function that runs it.
 * One command is one file in commands/, and is in the list of commands/index.ts.
 * Does not own: reading arguments (program.ts).
 */
import { StreamError } from "../base/index.ts";
import { InspectedDirectory, type InspectOptions } from "../inspect/index.ts";
import { readKeys } from "./encryption-keys.ts";
import type { ExitCode } from "./exit-code.ts";
import type { Output } from "./output.ts";
import { Progress } from "./progress.ts";
import type { World } from "./world.ts";

/** An option of a command. */
export interface OptionDefinition {
  /** As commander takes them: `--limit <count>`. */
  readonly flags: string;
  readonly does: string;
  readonly choices?: readonly string[];
  /** `count`: a whole number from 0 on. `list`: may be given again and again. */
  readonly form?: "count" | "list";
}

/** A command that can be run. */
export interface CommandDefinition {
  /** All of its words: `checkpoint state get`. */
  readonly name: string;
  /** One line, with a verb: `Lists the checkpoints`. */
  readonly summary: string;
  /** What else there is to know, in paragraphs. */
  readonly description?: readonly string[];
  readonly examples: readonly Example[];
  readonly arguments: readonly { readonly name: string; readonly does: string }[];
  readonly options?: readonly OptionDefinition[];
  /** What it reports as JSON; undefined for one that reports nothing. */
  readonly json?: JsonDefinition;
  readonly run: (call: Call) => Promise<ExitCode>;
}

/** A command line, and what it does. */
export interface Example {
  readonly line: string;
  readonly does: string;
}

/** What a command reports as JSON. */
export interface JsonDefinition {
  readonly report: string;
  readonly version: number;
  /** `rows`: an array of objects; `one`: an object; `lines`: an object per line on stderr, as things happen. */
  readonly form: "lines" | "rows" | "one";
  /** Name of a field to what it holds. */
  readonly fields: Readonly<Record<string, string>>;
}

/** A word that commands stand behind. */
export interface GroupDefinition {
  readonly name: string;
  readonly alias?: string;
  readonly summary: string;
  readonly examples: readonly Example[];
}

/** A command line that was understood. */
export class Call {
  readonly args: readonly string[];
  readonly output: Output;
  readonly world: World;
  readonly #options: Readonly<Record<string, unknown>>;

  constructor(
    args: readonly string[],
    options: Readonly<Record<string, unknown>>,
    context: { readonly output: Output; readonly world: World },
  ) {
    this.args = args;
    this.#options = options;
    this.output = context.output;
    this.world = context.world;
  }

  /** An argument that has to be there. */
  arg(index: number): string {
    const found = this.args[index];
    if (found === undefined) throw new StreamError("argument_invalid", { argument: index });
    return found;
  }

  /** The text of an option, by its name in camelCase. */
  text(name: string): string | undefined {
    const value = this.#options[name];
    return typeof value === "string" ? value : undefined;
  }

  /** The texts of an option that may be given more than once. */
  texts(name: string): readonly string[] {
    const value = this.#options[name];
    return Array.isArray(value) ? (value as readonly string[]) : [];
  }

  count(name: string): number | undefined {
    const value = this.#options[name];
    return typeof value === "number" ? value : undefined;
  }

  flag(name: string): boolean {
    return this.#options[name] === true;
  }

  /** Where the store of an address is, and the keys of what is encrypted. */
  async storeOptions(): Promise<InspectOptions> {
    const { env, store = {} } = this.world;
    const endpoint = this.text("endpoint") ?? env["AWS_ENDPOINT_URL_S3"] ?? env["AWS_ENDPOINT_URL"];
    const region = this.text("region");
    const timeoutMs = (this.count("timeout") ?? timeoutSeconds) * 1000;
    const s3 = {
      requestTimeoutMs: timeoutMs,
      deadlineMs: timeoutMs,
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(region === undefined ? {} : { region }),
      ...(this.flag("pathStyle") ? { forcePathStyle: true } : {}),
      ...store.s3,
    };
    const keys = await readKeys(this.text("keyFile"));
    return { store: { ...store, s3 }, ...(keys === undefined ? {} : { keys }) };
  }

  /** Opens the directory of an address to look into it, for as long as `look` takes. */
  async inspect<T>(
    address: string,
    look: (directory: InspectedDirectory) => Promise<T>,
  ): Promise<T> {
    const directory = await InspectedDirectory.open(address, await this.storeOptions());
    try {
      return await look(directory);
    } finally {
      await directory.close();
    }
  }

  /** Shows how far something is, if it takes long. */
  async withProgress<T>(
    label: string,
    work: (update: (done: number, total: number) => void) => Promise<T>,
  ): Promise<T> {
    const progress = new Progress(this.world, label);
    try {
      return await work((done, total) => progress.update(done, total));
    } finally {
      progress.stop();
    }
  }
}

const timeoutSeconds = 15;

/** Options that all commands which open a directory have. */
export const storeOptionDefinitions: readonly OptionDefinition[] = [
  {
    flags: "--endpoint <url>",
    does: "the S3 server (default: AWS_ENDPOINT_URL_S3, else Amazon's)",
  },
  {
    flags: "--region <name>",
    does: "the region of the bucket (default: as the AWS tools find it)",
  },
  {
    flags: "--path-style",
    does: "address the bucket by path, as most S3 servers but Amazon's need",
  },
  {
    flags: "--timeout <seconds>",
    form: "count",
    does: `give a store that does not answer so long (default: ${timeoutSeconds})`,
  },
  {
    flags: "--key-file <file>",
    does: "the keys of an encrypted directory: JSON, id to key in base64 or hexadecimal digits",
  },
];

/** Options that all commands which report something have. */
export const formatOptionDefinitions: readonly OptionDefinition[] = [
  { flags: "--json", does: "write one JSON document" },
  { flags: "--ndjson", does: "write one JSON object per line" },
];

/** The directory, in every command that has one. */
export const directoryArgument = {
  name: "<directory>",
  does: "a checkpoint directory: a path, file:/a/path, or s3://bucket/prefix",
};

/** The moment that a command looks at. */
export const atOption: OptionDefinition = {
  flags: "--at <checkpoint>",
  does: "look at this checkpoint, by name or batch time (default: the newest, and what the journal tells since)",
};
