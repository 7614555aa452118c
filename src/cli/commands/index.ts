/**
 * Owns: which commands there are, in the order in which help shows them. A new one is a file in this folder and a line here.
 */
import type { CommandDefinition, GroupDefinition } from "../command.ts";
import { completionCommandFor } from "./completion.ts";
import { diffCommand } from "./diff.ts";
import { doctorCommand } from "./doctor.ts";
import { duCommand } from "./du.ts";
import { exportCommand } from "./export.ts";
import { forkCommand } from "./fork.ts";
import { gcCommand } from "./gc.ts";
import { graphCommand } from "./graph.ts";
import { journalCommand } from "./journal.ts";
import { lsCommand } from "./ls.ts";
import { repairCommand } from "./repair.ts";
import { runCommand } from "./run.ts";
import { showCommand } from "./show.ts";
import { stateRmCommand, stateSetCommand } from "./state-edit.ts";
import { stateGetCommand } from "./state-get.ts";
import { stateHistoryCommand } from "./state-history.ts";
import { stateLsCommand } from "./state-ls.ts";
import { stateScanCommand } from "./state-scan.ts";
import { stateTopCommand } from "./state-top.ts";
import { verifyCommand } from "./verify.ts";
import { walLsCommand, walStatCommand } from "./wal.ts";
import { walCatCommand } from "./wal-cat.ts";

/** All commands. */
export const commandDefinitions: readonly CommandDefinition[] = [
  runCommand,
  lsCommand,
  showCommand,
  graphCommand,
  stateLsCommand,
  stateGetCommand,
  stateScanCommand,
  stateTopCommand,
  stateHistoryCommand,
  stateSetCommand,
  stateRmCommand,
  diffCommand,
  verifyCommand,
  journalCommand,
  walLsCommand,
  walCatCommand,
  walStatCommand,
  duCommand,
  gcCommand,
  exportCommand,
  forkCommand,
  doctorCommand,
  repairCommand,
  completionCommandFor(
    () => commandDefinitions,
    () => groupDefinitions,
  ),
];

/** Words that commands stand behind. */
export const groupDefinitions: readonly GroupDefinition[] = [
  {
    name: "",
    summary: "Run a Millrace application, and look into what it keeps",
    examples: [
      { line: "millrace run app.ts", does: "run an application, TypeScript as it is" },
      { line: "millrace checkpoint ls ./ckpt", does: "which checkpoints there are" },
      {
        line: "millrace checkpoint show ./ckpt",
        does: "how far the application is, and what a start would do",
      },
      { line: "millrace checkpoint state get ./ckpt counts JFK", does: "the value of a key" },
    ],
  },
  {
    name: "checkpoint",
    alias: "ckpt",
    summary: "Look into a checkpoint directory",
    examples: [
      { line: "millrace checkpoint ls ./ckpt", does: "which checkpoints there are" },
      {
        line: "millrace checkpoint show s3://bucket/app",
        does: "how far the application is, and what a start would do",
      },
      { line: "millrace checkpoint verify ./ckpt", does: "is everything as it was written?" },
    ],
  },
  {
    name: "checkpoint state",
    summary: "Look into the states of operators",
    examples: [
      {
        line: "millrace checkpoint state ls ./ckpt",
        does: "which states there are, and how large they are",
      },
      { line: "millrace checkpoint state get ./ckpt counts JFK", does: "the value of a key" },
    ],
  },
  {
    name: "checkpoint wal",
    summary: "Look into the write-ahead logs, file by file",
    examples: [
      { line: "millrace checkpoint wal ls ./ckpt", does: "which files the logs have" },
      { line: "millrace checkpoint wal stat ./ckpt", does: "what is in each, and what is damaged" },
    ],
  },
];
