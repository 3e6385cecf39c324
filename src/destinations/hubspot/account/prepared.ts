import type { AssociationSpecAssociationCategoryEnum } from '@hubspot/api-client/lib/codegen/crm/associations/v4/index.js'
import type { Plain } from '../http/told.ts'
import type { PropertyOptions } from './options.ts'
import type { Fields, LinkFields } from '../mapping/fields.ts'
import type { PropertyValues } from '../mapping/to-values.ts'

/** An object in HubSpot on whose records we write. */
export interface TargetObject {
  /** As the config file names it. */
  name: string
  /** Such as `0-2` or `2-1234567`; every path uses it. */
  typeId: string
}

/** The object whose records represent codes. */
export interface CodeObject extends TargetObject {
  /**
   * What a new record needs besides our properties: its name, and fixed values such as a stage of a pipeline.
   * Users may change these later, so an existing record does not get them again. Null if our properties are
   * enough.
   */
  forNew: { nameProperty: string; values: PropertyValues } | null
  /** Whether HubSpot can associate its records with those of scans. */
  canBeAssociated: boolean
}

/** The object whose records codes name, and how they are found. */
export interface LinkObject extends TargetObject {
  property: string
  /** The fields that are written to its records. */
  fields: LinkFields
  /**
   * `record_id`: the property is the record's own id; `unique`: no two records share a value; `search`: several
   * records may share a value.
   */
  lookup: 'record_id' | 'unique' | 'search'
  /** The label that associates records with their codes; null if HubSpot does not associate these objects. */
  codeLabel: AssociationLabel | null
  /** Whether records of scans are associated with its records. */
  showsScans: boolean
  /** The event that a scan becomes on its records; null if there is none. */
  event: string | null
}

/** Who created a label, in the words of HubSpot's API. */
export type LabelCategory = Plain<AssociationSpecAssociationCategoryEnum>

/** A labelled type of associations, seen from the record that codes name. */
export interface AssociationLabel {
  category: LabelCategory
  typeId: number
}

/** What was found or created in the account. */
export interface Prepared {
  portalId: number
  /** The fields that are written to records of codes and of scans. */
  fields: Fields
  options: PropertyOptions
  /** Null if codes have no records of their own. */
  codes: CodeObject | null
  /** The object of scans; null if they have no records. */
  scans: TargetObject | null
  /** By the rule's name. */
  links: ReadonlyMap<string, LinkObject>
}
