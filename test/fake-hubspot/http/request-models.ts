/**
 * The request models of HubSpot's published files (github.com/HubSpot/HubSpot-public-api-spec-collection,
 * folder PublicApiSpecs), with the names that they have there: required and optional fields, and no others.
 */
type Schema = Record<string, unknown>

const text: Schema = { type: 'string' }
const flag: Schema = { type: 'boolean' }
const int32: Schema = { type: 'integer', minimum: -(2 ** 31), maximum: 2 ** 31 - 1 }
const values: Schema = { type: 'object', additionalProperties: text }

const list = (items: Schema): Schema => ({ type: 'array', items })
const oneOf = (...names: string[]): Schema => ({ type: 'string', enum: names })
const model = (required: Record<string, Schema>, optional: Record<string, Schema> = {}): Schema => ({
  type: 'object',
  required: Object.keys(required),
  properties: { ...required, ...optional },
  additionalProperties: false,
})
const batch = (input: Schema): Schema => model({ inputs: list(input) })

const objectId = model({ id: text })
const sensitivity = oneOf('highly_sensitive', 'non_sensitive', 'sensitive')
const propertyTypes = oneOf('bool', 'date', 'datetime', 'enumeration', 'number', 'phone_number', 'string')
const fieldTypes = oneOf(
  'booleancheckbox',
  'calculation_equation',
  'checkbox',
  'date',
  'file',
  'html',
  'number',
  'phonenumber',
  'radio',
  'select',
  'text',
  'textarea',
)
const numberHints = oneOf('currency', 'duration', 'formatted', 'percentage', 'probability', 'unformatted')
const textHints = oneOf(
  'domain_name',
  'email',
  'ip_address',
  'multi_line',
  'phone_number',
  'physical_address',
  'postal_code',
  'unformatted_single_line',
)
const operators = oneOf(
  'BETWEEN',
  'CONTAINS_TOKEN',
  'EQ',
  'GT',
  'GTE',
  'HAS_PROPERTY',
  'IN',
  'LT',
  'LTE',
  'NEQ',
  'NOT_CONTAINS_TOKEN',
  'NOT_HAS_PROPERTY',
  'NOT_IN',
)
const associationSpec = model({
  associationCategory: oneOf('HUBSPOT_DEFINED', 'INTEGRATOR_DEFINED', 'USER_DEFINED', 'WORK'),
  associationTypeId: int32,
})
const associationsForObject = model({ to: objectId, types: list(associationSpec) })
const optionInput = model(
  { label: text, value: text, displayOrder: int32, hidden: flag },
  { description: text },
)
const labels = model({}, { singular: text, plural: text })

/**
 * The last four are missing in the file so far, but documented on
 * …/docs/api-reference/latest/crm/properties/update-property.
 */
const propertyFields = {
  calculationFormula: text,
  description: text,
  displayOrder: int32,
  formField: flag,
  hidden: flag,
  options: list(optionInput),
  currencyPropertyName: text,
  numberDisplayHint: numberHints,
  showCurrencySymbol: flag,
  textDisplayHint: textHints,
}

const propertyCreate = model(
  { name: text, label: text, type: propertyTypes, fieldType: fieldTypes, groupName: text },
  {
    ...propertyFields,
    dataSensitivity: sensitivity,
    externalOptions: flag,
    hasUniqueValue: flag,
    referencedObjectType: text,
  },
)

/** CRM/Objects/Rollouts/424/2026-09/objects.json */
const objects = {
  BatchInputSimplePublicObjectBatchInputUpsert: batch(
    model({ id: text, properties: values }, { idProperty: text, objectWriteTraceId: text }),
  ),
  BatchInputSimplePublicObjectBatchInput: batch(
    model({ id: text, properties: values }, { idProperty: text, objectWriteTraceId: text }),
  ),
  BatchInputSimplePublicObjectBatchInputForCreate: batch(
    model({ associations: list(associationsForObject), properties: values }, { objectWriteTraceId: text }),
  ),
  BatchInputSimplePublicObjectId: batch(objectId),
  BatchReadInputSimplePublicObjectId: model(
    { inputs: list(objectId), properties: list(text), propertiesWithHistory: list(text) },
    { idProperty: text },
  ),
  SimplePublicObjectInput: model({ properties: values }),
  SimplePublicObjectInputForCreate: model({
    associations: list(associationsForObject),
    properties: values,
  }),
  PublicObjectSearchRequest: model(
    {
      after: text,
      filterGroups: list(
        model({
          filters: list(
            model(
              { operator: operators, propertyName: text },
              { highValue: text, value: text, values: list(text) },
            ),
          ),
        }),
      ),
      limit: int32,
      properties: list(text),
      sorts: list(text),
    },
    { query: text },
  ),
}

/** CRM/Properties/Rollouts/145899/2026-09/properties.json */
const properties = {
  PropertyCreate: propertyCreate,
  BatchInputPropertyCreate: batch(propertyCreate),
  PropertyUpdate: model(
    {},
    { ...propertyFields, label: text, type: propertyTypes, fieldType: fieldTypes, groupName: text },
  ),
  BatchReadInputPropertyName: model({
    archived: flag,
    dataSensitivity: sensitivity,
    inputs: list(model({ name: text })),
  }),
  PropertyGroupCreate: model({ label: text, name: text }, { displayOrder: int32 }),
  PropertyGroupUpdate: model({}, { displayOrder: int32, label: text }),
}

/** CRM/Schemas/Rollouts/145900/2026-09/schemas.json */
const schemas = {
  ObjectSchemaEgg: model(
    {
      allowsSensitiveProperties: flag,
      associatedObjects: list(text),
      labels,
      name: text,
      properties: list(
        model(
          { fieldType: text, label: text, name: text, type: propertyTypes },
          {
            description: text,
            displayOrder: int32,
            externalOptionsReferenceType: text,
            formField: flag,
            groupName: text,
            hasUniqueValue: flag,
            hidden: flag,
            numberDisplayHint: numberHints,
            optionSortStrategy: oneOf('ALPHABETICAL', 'DISPLAY_ORDER'),
            options: list(optionInput),
            referencedObjectType: text,
            searchableInGlobalSearch: flag,
            showCurrencySymbol: flag,
            textDisplayHint: textHints,
          },
        ),
      ),
      requiredProperties: list(text),
      searchableProperties: list(text),
      secondaryDisplayProperties: list(text),
    },
    { description: text, primaryDisplayProperty: text },
  ),
  ObjectTypeDefinitionPatch: model(
    { clearDescription: flag },
    {
      allowsSensitiveProperties: flag,
      description: text,
      labels,
      primaryDisplayProperty: text,
      requiredProperties: list(text),
      restorable: flag,
      searchableProperties: list(text),
      secondaryDisplayProperties: list(text),
    },
  ),
  AssociationDefinitionEgg: model({ fromObjectTypeId: text, toObjectTypeId: text }, { name: text }),
}

/** CRM/Associations/Rollouts/130902/2026-09/associations.json and CRM/Associations Schema/… beside it */
const associations = {
  BatchInputPublicDefaultAssociationMultiPost: batch(model({ from: objectId, to: objectId })),
  BatchInputPublicAssociationMultiPost: batch(
    model({ from: objectId, to: objectId, types: list(associationSpec) }),
  ),
  BatchInputPublicAssociationMultiArchive: batch(model({ from: objectId, to: list(objectId) })),
  BatchInputPublicFetchAssociationsBatchRequest: batch(model({ id: text }, { after: text })),
  PublicAssociationDefinitionCreateRequest: model({ label: text, name: text }, { inverseLabel: text }),
}

/** Events/Manage Event Definitions/Rollouts/138888/2026-09 and Events/Send Event Completions/Rollouts/669/2026-09 */
const eventProperty = model(
  { label: text, type: text },
  { description: text, name: text, options: list(optionInput) },
)
const events = {
  ExternalBehavioralEventTypeDefinitionEgg: model(
    { includeDefaultProperties: flag, label: text, propertyDefinitions: list(eventProperty) },
    { description: text, name: text, primaryObject: text },
  ),
  ExternalBehavioralEventPropertyCreate: eventProperty,
  BatchedBehavioralEventHttpCompletionRequest: batch(
    model(
      { eventName: text, properties: values },
      { email: text, objectId: text, occurredAt: text, utk: text, uuid: text },
    ),
  ),
}

/** CRM/Lists/Rollouts/144891/2026-09/lists.json, with the filters that we send: an OR of ANDs */
const propertyFilter = model({
  filterType: oneOf('PROPERTY'),
  property: text,
  operation: model({
    operationType: oneOf('ROLLING_DATE_RANGE'),
    operator: text,
    numberOfDays: int32,
    requiresTimeZoneConversion: flag,
    includeObjectsWithNoValueSet: flag,
  }),
})
const filterBranch = (type: string, branches: Schema): Schema =>
  model({
    filterBranchType: oneOf(type),
    filterBranchOperator: text,
    filterBranches: list(branches),
    filters: list(propertyFilter),
  })
const lists = {
  ListCreateRequest: model(
    { name: text, objectTypeId: text, processingType: text },
    { filterBranch: filterBranch('OR', filterBranch('AND', {})) },
  ),
}

/** No published file: the body that the vendor's community and many clients send to the token's own endpoint. */
const tokens = { AccessTokenInfoRequest: model({ tokenKey: text }) }

export const requestModels = {
  ...objects,
  ...properties,
  ...schemas,
  ...associations,
  ...events,
  ...lists,
  ...tokens,
}

export type RequestModel = keyof typeof requestModels
