import type { AssociationSpecAssociationCategoryEnum } from '@hubspot/api-client/lib/codegen/crm/associations/v4/index.js'
import type { Plain } from '../http/told.ts'
import type { PropertyOptions } from './options.ts'
import type { Fields } from '../mapping/fields.ts'
import type { PropertyValues } from '../mapping/to-values.ts'

/** An object in HubSpot on whose records we write. */
export interface TargetObject {
  /** As the config file names it. */
  name: string
  /** As in `0-2` or `2-1234567`: the name that every path takes. */
  typeId: string
}

/** The object whose records stand for codes. */
export interface CodeObject extends TargetObject {
  /**
   * What a new record needs besides our properties: its name, and fixed values such as a place in a pipeline. A person may
   * change these later, so an existing record is not given them again. Null where all that it needs is ours.
   */
  forNew: { nameProperty: string; values: PropertyValues } | null
  /** Whether HubSpot associates its records with those of scans. */
  canBeAssociated: boolean
}

/** The object whose records codes name, and how these are found. */
export interface LinkObject extends TargetObject {
  property: string
  /** `record_id`: the property is the record's own id; `unique`: no two records share a value; `search`: they may. */
  lookup: 'record_id' | 'unique' | 'search'
  /** With it records are associated with their codes; null where HubSpot associates records of these objects with none. */
  codeLabel: AssociationLabel | null
  /** Whether records of scans are associated with its records. */
  showsScans: boolean
  /** The event that a scan becomes on its records; null where it becomes none. */
  event: string | null
}

/** As HubSpot's API names whose label it is. */
export type LabelCategory = Plain<AssociationSpecAssociationCategoryEnum>

/** A type of associations that has a label, seen from the record that codes name. */
export interface AssociationLabel {
  category: LabelCategory
  typeId: number
}

/** What was found, or made, in the account. */
export interface Prepared {
  portalId: number
  /** What is written to the records of each object. */
  fields: Fields
  options: PropertyOptions
  /** Null where codes have no records of their own. */
  codes: CodeObject | null
  /** Where each scan becomes a record. */
  scans: TargetObject | null
  /** By the rule's name. */
  links: ReadonlyMap<string, LinkObject>
}
