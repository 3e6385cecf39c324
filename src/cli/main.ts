#!/usr/bin/env -S node --max-old-space-size=256 --max-semi-space-size=4
import { createProgram } from './program.ts'
import { runToExit } from './run-to-exit.ts'

await runToExit(() => createProgram().parseAsync())
