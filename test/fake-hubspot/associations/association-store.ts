import type { ObjectType } from '../types/object-type.ts'

/** `AssociationSpecWithLabel` of CRM/Associations/Rollouts/130902/2026-09/associations.json. */
export interface AssociationType {
  fromTypeId: string
  toTypeId: string
  category: 'HUBSPOT_DEFINED' | 'USER_DEFINED'
  typeId: number
  label: string | null
  name: string
  /** The same association seen from the other side. */
  inverseTypeId: number
  definitionId: string
}

export interface AssociationStore {
  readonly types: AssociationType[]
  typesBetween(from: ObjectType, to: ObjectType): AssociationType[]
  /** Adds two types, one for each direction, and returns the one from `from`. */
  define(
    from: ObjectType,
    to: ObjectType,
    name: string,
    labels: [string | null, string | null],
  ): AssociationType
  add(type: AssociationType, fromId: string, toId: string): void
  /** Removes one of the types between two records; without any type they are no longer associated. */
  removeType(type: AssociationType, fromId: string, toId: string): void
  /** Removes all of them. */
  remove(from: ObjectType, to: ObjectType, fromId: string, toId: string): void
  /** Removes all associations of a record, on both sides. */
  removeAllOf(type: ObjectType, id: string): void
  /** Ids on the other side, each with its types. */
  of(from: ObjectType, to: ObjectType, fromId: string): ReadonlyMap<string, ReadonlySet<number>>
  all(from: ObjectType, to: ObjectType): { from: string; to: string; typeIds: number[] }[]
}

type Ties = Map<string, Map<string, Set<number>>>

/**
 * Unlabelled types of pairs of standard objects:
 * https://developers.hubspot.com/docs/api-reference/latest/crm/associations/associate-records/guide (association type ids).
 */
const standard: [from: string, to: string, typeId: number, inverse: number, label: string | null][] = [
  ['0-1', '0-1', 449, 449, null],
  ['0-1', '0-2', 279, 280, null],
  ['0-1', '0-2', 1, 2, 'Primary'],
  ['0-1', '0-3', 4, 3, null],
  ['0-1', '0-5', 15, 16, null],
  ['0-2', '0-2', 450, 450, null],
  ['0-2', '0-3', 342, 341, null],
  ['0-2', '0-3', 6, 5, 'Primary'],
  ['0-2', '0-5', 340, 339, null],
  ['0-3', '0-3', 451, 451, null],
  ['0-3', '0-5', 27, 28, null],
]

export function createAssociationStore(): AssociationStore {
  const types: AssociationType[] = []
  const ties = new Map<string, Ties>()
  let lastTypeId = 1000

  function addPair(
    one: Omit<AssociationType, 'inverseTypeId'>,
    inverse: number,
    inverseLabel: string | null,
  ) {
    const type = { ...one, inverseTypeId: inverse }
    types.push(type)
    if (inverse !== one.typeId) {
      types.push({
        ...one,
        fromTypeId: one.toTypeId,
        toTypeId: one.fromTypeId,
        typeId: inverse,
        label: inverseLabel,
        inverseTypeId: one.typeId,
      })
    }
    return type
  }
  for (const [fromTypeId, toTypeId, typeId, inverse, label] of standard) {
    addPair(
      {
        fromTypeId,
        toTypeId,
        typeId,
        label,
        category: 'HUBSPOT_DEFINED',
        name: `${fromTypeId}_${toTypeId}`,
        definitionId: String(typeId),
      },
      inverse,
      label,
    )
  }

  const tiesBetween = (fromTypeId: string, toTypeId: string): Ties =>
    entry<string, Ties>(ties, `${fromTypeId}>${toTypeId}`, () => new Map())

  return {
    types,
    typesBetween: (from, to) =>
      types.filter((type) => type.fromTypeId === from.id && type.toTypeId === to.id),
    define: (from, to, name, [label, inverseLabel]) => {
      const typeId = ++lastTypeId
      // One type serves both directions if both ends have the same type and label.
      const inverse = from === to && label === inverseLabel ? typeId : ++lastTypeId
      return addPair(
        {
          fromTypeId: from.id,
          toTypeId: to.id,
          typeId,
          label,
          category: 'USER_DEFINED',
          name,
          definitionId: String(typeId),
        },
        inverse,
        inverseLabel,
      )
    },
    add: (type, fromId, toId) => {
      tie(tiesBetween(type.fromTypeId, type.toTypeId), fromId, toId).add(type.typeId)
      tie(tiesBetween(type.toTypeId, type.fromTypeId), toId, fromId).add(type.inverseTypeId)
    },
    removeType: (type, fromId, toId) => {
      untie(tiesBetween(type.fromTypeId, type.toTypeId), fromId, toId, type.typeId)
      untie(tiesBetween(type.toTypeId, type.fromTypeId), toId, fromId, type.inverseTypeId)
    },
    remove: (from, to, fromId, toId) => {
      tiesBetween(from.id, to.id).get(fromId)?.delete(toId)
      tiesBetween(to.id, from.id).get(toId)?.delete(fromId)
    },
    removeAllOf: (type, id) => {
      for (const [between, ofRecords] of ties) {
        const [from, to] = between.split('>')
        if (from === type.id) ofRecords.delete(id)
        if (to === type.id) for (const others of ofRecords.values()) others.delete(id)
      }
    },
    of: (from, to, fromId) => tiesBetween(from.id, to.id).get(fromId) ?? new Map(),
    all: (from, to) =>
      [...tiesBetween(from.id, to.id)].flatMap(([fromId, others]) =>
        [...others].map(([toId, typeIds]) => ({ from: fromId, to: toId, typeIds: [...typeIds] })),
      ),
  }
}

function untie(ties: Ties, from: string, to: string, typeId: number): void {
  const typeIds = ties.get(from)?.get(to)
  typeIds?.delete(typeId)
  if (typeIds?.size === 0) ties.get(from)?.delete(to)
}

function tie(ties: Ties, from: string, to: string): Set<number> {
  const others = entry<string, Map<string, Set<number>>>(ties, from, () => new Map())
  return entry<string, Set<number>>(others, to, () => new Set())
}

function entry<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  const found = map.get(key)
  if (found !== undefined) return found
  const created = create()
  map.set(key, created)
  return created
}
