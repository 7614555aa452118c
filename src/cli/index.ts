export { commandsPage } from "./commands-page.ts";
export { runCommandLine } from "./main.ts";
export { main } from "./process-world.ts";
export type { TextStream, World } from "./world.ts";
