/** A disk that can be filled, for tests: a file system in memory of a few megabytes. Only root may make one. */
import { spawnSync } from "node:child_process";
import {
  closeSync,
  mkdtempSync,
  openSync,
  rmSync,
  statfsSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const CHUNK = Buffer.alloc(4096, 1);

export interface SmallDisk {
  readonly folder: string;
  fill(): void;
  /** Takes away what filled it. */
  free(): void;
  remount(mode: "ro" | "rw"): void;
  remove(): void;
}

/** Null where it cannot be made. */
export function mountSmallDisk(megabytes: number): SmallDisk | null {
  const folder = mkdtempSync(join(tmpdir(), "small-disk-"));
  const size = `size=${megabytes}m`;
  if (!succeeds("mount", "-t", "tmpfs", "-o", size, "tmpfs", folder)) {
    rmSync(folder, { recursive: true });
    return null;
  }
  const filler = join(folder, "filler");
  return {
    folder,
    fill: () => fillWith(filler, folder),
    free: () => rmSync(filler),
    remount: (mode) => {
      if (!succeeds("mount", "-o", `remount,${mode}`, folder))
        throw new Error(`${folder} could not be remounted ${mode}`);
    },
    remove: () => {
      succeeds("umount", "-l", folder);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function fillWith(filler: string, folder: string): void {
  const file = openSync(filler, "w");
  try {
    while (statfsSync(folder).bavail > 0) writeSync(file, CHUNK);
  } finally {
    closeSync(file);
  }
}

function succeeds(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}
