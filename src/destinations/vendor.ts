import type { Dispatcher } from 'undici'
import type { z } from 'zod'
import type { CallPacer } from './call-pacer.ts'
import type { Destination, Takes } from './destination.ts'

/**
 * Everything that qrsync knows about a destination type. The config file, `init`, `plan`, `status` and the
 * documentation derive from the list of vendors (`vendors.ts`). So whatever imports the list imports every
 * vendor, and only `open` may import a vendor's own packages.
 */
export interface Vendor<Settings extends { type: string }> {
  /** The value of `destinations.<name>.type`. */
  readonly type: Settings['type']
  /** The text in the menu of `init`. */
  readonly label: string
  /** The usual name of a destination of this type; `init` offers it. */
  readonly usualName: string
  /** The schema of an entry of `destinations`. The documentation is generated from its descriptions. */
  readonly settings: z.ZodType<Settings> & z.core.$ZodTypeDiscriminable
  /** Settings that are paths; relative ones start at the config file's folder. */
  readonly paths?: readonly (keyof Settings & string)[]
  /** Settings that are secret, each with the environment variable that replaces it in a file that `init` writes. */
  readonly secrets?: Readonly<Partial<Record<keyof Settings & string, string>>>
  /**
   * For commands that do not use the destination: a valid but useless value for each secret or place that is not
   * set.
   */
  readonly standIns?: Readonly<Partial<Record<keyof Settings & string, string>>>
  /** Settings that work without any question: `init --yes` uses those of the first vendor that has them. */
  readonly standard?: GivenSettings
  /** Where rows go, as far as the settings say. */
  readonly where: (settings: Settings) => string
  readonly takes: (settings: Settings) => Takes
  /** For `init`: asks for the settings that are required, and for those that cannot be changed later. */
  readonly ask: (questions: Questions) => Promise<GivenSettings>
  /** For `plan`: what the settings mean for the forecast number of scans. */
  readonly notes?: (settings: Settings, forecast: ScanForecast) => Note[]
  /** How to look at the rows after the first sync. */
  readonly firstLook?: (settings: Settings, written: WrittenSetting) => FirstLook
  /** Imports the vendor's code. The destination connects on first use. */
  readonly open: (name: string, settings: Settings, deps: VendorDeps) => Promise<Destination>
}

/** As written in the config file. */
export type GivenSettings = { type: string } & Record<string, unknown>

export interface ScanForecast {
  scansPerDay: number
}

export interface Note {
  text: string
  /** The same numbers for programs, as `plan --json` prints them. */
  figures: Record<string, number>
}

/**
 * Returns a setting as the config file has it, such as `${DATABASE_URL}`; null if that is not known. It may be a
 * secret.
 */
export type WrittenSetting = (setting: string) => string | null

export interface FirstLook {
  /** For programs, as `up --once` prints them. */
  fields: Record<string, string>
  /** A command for people. */
  command: string
}

export interface VendorDeps {
  pacer: CallPacer
  /** Sends the requests to vendors that use HTTP, instead of connections of its own. */
  dispatcher?: Dispatcher | undefined
  /** Set if `write`, `apply` and `identity` are never called. A vendor of files then leaves them as they are, byte by byte. */
  onlyReads?: boolean
}

/** Asks the user in the terminal, again until the answer is valid. */
export interface Questions {
  text: (question: Question) => Promise<string>
  /** Offers a list, and lets the user type something else. */
  choice: (question: ChoiceQuestion) => Promise<string>
  /** Shows no letter of the answer. Asks nothing if the environment contains it. */
  secret: (question: SecretQuestion) => Promise<string>
}

export interface Question {
  message: string
  /** Used if the user types nothing. */
  standard?: string
  /** The setting that the answer must be valid for. */
  setting: z.ZodType
}

export interface ChoiceQuestion {
  message: string
  options: readonly { value: string; label: string }[]
  /** The setting that an answer that is not in the list must be valid for. */
  setting: z.ZodType
}

export interface SecretQuestion {
  message: string
  setting: z.ZodType
  /** The environment variable that may contain it. */
  variable: string
}
