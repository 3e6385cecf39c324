import type { Dispatcher } from 'undici'
import type { z } from 'zod'
import type { CallPacer } from './call-pacer.ts'
import type { Destination, Takes } from './destination.ts'

/**
 * All that qrsync knows of a kind of destination. The config file, `init`, `plan`, `status` and the documentation are made of
 * the list of vendors (`vendors.ts`), so whatever loads the list loads every vendor: a vendor's own packages are imported
 * only by `open`.
 */
export interface Vendor<Settings extends { type: string }> {
  /** As in `destinations.<name>.type`. */
  readonly type: Settings['type']
  /** In the menu of `init`. */
  readonly label: string
  /** What a destination of this type is usually called; `init` offers it. */
  readonly usualName: string
  /** An entry of `destinations`. Its descriptions become the documentation. */
  readonly settings: z.ZodType<Settings> & z.core.$ZodTypeDiscriminable
  /** Settings that are paths; relative ones start at the config file's folder. */
  readonly paths?: readonly (keyof Settings & string)[]
  /** Settings that are secret, each with the environment variable that stands for it in a file that `init` writes. */
  readonly secrets?: Readonly<Partial<Record<keyof Settings & string, string>>>
  /** For commands that do not use the destination: a value for each secret that is not set, which fits and leads nowhere. */
  readonly standIns?: Readonly<Partial<Record<keyof Settings & string, string>>>
  /** Settings that suit without any question: `init --yes` takes those of the first vendor that has them. */
  readonly standard?: GivenSettings
  /** Where rows go, as far as the settings say. */
  readonly where: (settings: Settings) => string
  readonly takes: (settings: Settings) => Takes
  /** For `init`: asks for the settings that must be given, and for those that cannot be changed later. */
  readonly ask: (questions: Questions) => Promise<GivenSettings>
  /** For `plan`: what the settings come to if so much is scanned. */
  readonly notes?: (settings: Settings, forecast: ScanForecast) => Note[]
  /** How to look at the rows once they are there. */
  readonly firstLook?: (settings: Settings) => FirstLook
  /** Loads the vendor's code. The destination connects when it is first used. */
  readonly open: (name: string, settings: Settings, deps: VendorDeps) => Promise<Destination>
}

/** As written in the config file. */
export type GivenSettings = { type: string } & Record<string, unknown>

export interface ScanForecast {
  scansPerDay: number
}

export interface Note {
  text: string
  /** The same for programs, as `plan --json` prints it. */
  figures: Record<string, number>
}

export interface FirstLook {
  /** For programs, as `up --once` prints it. */
  fields: Record<string, string>
  /** A command for people. */
  command: string
}

export interface VendorDeps {
  pacer: CallPacer
  /** Sends the requests to vendors that are called by HTTP, in place of connections of its own. */
  dispatcher?: Dispatcher | undefined
}

/** Asks a person on the terminal, again until the answer fits. */
export interface Questions {
  text: (question: Question) => Promise<string>
  /** Shows no letter of the answer. Asks nothing where the environment has it. */
  secret: (question: SecretQuestion) => Promise<string>
}

export interface Question {
  message: string
  /** Taken where nothing is typed. */
  standard?: string
  /** The setting that the answer must fit. */
  setting: z.ZodType
}

export interface SecretQuestion {
  message: string
  setting: z.ZodType
  /** The environment variable that may hold it. */
  variable: string
}
