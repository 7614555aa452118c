/**
 * Owns: the rules about package.json and package-lock.json.
 */
import type { Violation } from "./violation.ts";

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

interface Lockfile {
  readonly packages: Readonly<Record<string, { readonly resolved?: string }>>;
}

/** The names of the packages that src may import. */
export function installedWithPackage(packageJson: string): Set<string> {
  const manifest = JSON.parse(packageJson) as Manifest;
  return new Set(Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }));
}

/** A lockfile names the public registry or none: any other host is that of the machine that wrote it. */
export function checkLockfile(packageLockJson: string): Violation[] {
  const lockfile = JSON.parse(packageLockJson) as Lockfile;
  return Object.entries(lockfile.packages)
    .filter(([, { resolved }]) => resolved?.startsWith("https://registry.npmjs.org/") === false)
    .map(([name, { resolved }]) => ({
      where: `package-lock.json ${name}`,
      what: `is resolved to ${resolved}`,
      remedy: "remove its line `resolved`: npm finds the package by name and checks its integrity",
    }));
}
