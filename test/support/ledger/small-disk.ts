import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A separate disk that a test may fill. */
export interface SmallDisk extends Disposable {
  folder: string
  /** Fills it until only this many bytes are left. */
  fill(leftBytes: number): void
  empty(): void
}

/** Whether this user may mount a disk; otherwise tests that fill one are skipped. */
export function canMountDisks(): boolean {
  using disk = mountSmallDisk(1)
  return disk !== null
}

/** @returns null if this user may not mount one */
export function mountSmallDisk(megabytes: number): SmallDisk | null {
  const folder = mkdtempSync(join(tmpdir(), 'qrsync-disk-'))
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'qrsync-test', folder])
  if (status !== 0) {
    rmSync(folder, { recursive: true })
    return null
  }
  const filler = join(folder, 'filler')
  return {
    folder,
    fill(leftBytes) {
      const { bavail, bsize } = statfsSync(folder)
      writeFileSync(filler, Buffer.alloc(bavail * bsize - leftBytes))
    },
    empty: () => {
      rmSync(filler, { force: true })
    },
    [Symbol.dispose]: () => {
      spawnSync('umount', ['--lazy', folder])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
