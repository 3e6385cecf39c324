import type { Command } from 'commander'

export interface CommandAbout {
  /** With its arguments, such as `completion <shell>`. */
  name: string
  description: string
  example: string
  /** Whether `-c` accepts only a file, or also a folder of files. */
  takes?: 'a config file' | 'config files'
  /** When the command exits with 3. */
  notAllIsWell?: string
}

/** Adds a command with what all commands share: the config file, `--json`, and a help with an example. */
export function addCommand(parent: Command, about: CommandAbout): Command {
  const { name, description, example, takes = 'a config file', notAllIsWell } = about
  const config = takes === 'a config file' ? 'the config file' : 'the config file, or a folder of them'
  return parent
    .command(name)
    .description(description)
    .option('-c, --config <path>', config, 'qrsync.yaml')
    .option('--json', 'print JSON, for programs', false)
    .addHelpText(
      'after',
      `\nExample:\n  ${example}` + (notAllIsWell === undefined ? '' : `\n\nExits with 3 if ${notAllIsWell}.`),
    )
}
