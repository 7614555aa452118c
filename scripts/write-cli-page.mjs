/** Owns: writing docs/cli.md, which is made of the commands. */
import { writeFileSync } from "node:fs";
import { commandsPage } from "../src/cli/commands-page.ts";

writeFileSync(new URL("../docs/cli.md", import.meta.url), commandsPage());
