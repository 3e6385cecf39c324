import importX from 'eslint-plugin-import-x'
import { defineConfig, globalIgnores } from 'eslint/config'
import tseslint from 'typescript-eslint'

/** Rooms and what each may not import: the arrows of docs/architecture.md. */
const arrows = [
  { room: 'src/model', mayImport: [] },
  { room: 'src/api', mayImport: ['src/model'] },
  { room: 'src/budget', mayImport: ['src/model'] },
  { room: 'src/ledger', mayImport: ['src/model', 'src/budget'] },
  { room: 'src/config', mayImport: ['src/model'] },
  { room: 'src/destinations', mayImport: ['src/model', 'src/config'] },
  // Its own code and openapi.yaml only, or one mistake would pass on both sides.
  { room: 'src/reference-api', mayImport: [] },
  { room: 'workflows', mayImport: ['activities/contract.ts', 'src/model'] },
  {
    room: 'activities',
    mayImport: ['src/api', 'src/budget', 'src/destinations', 'src/ledger', 'src/model'],
  },
  { room: 'src/temporal', mayImport: ['src/config', 'src/model', 'workflows'] },
  {
    room: 'src/worker',
    mayImport: ['activities', ...['api', 'config', 'destinations', 'ledger', 'temporal'].map((room) => `src/${room}`)],
  },
]

const zones = arrows.map(({ room, mayImport }) => ({
  target: `./${room}`,
  from: ['./src', './workflows', './activities', './test', './bench'],
  // `except` is relative to `from`, so the whole tree is named once for each.
  except: [room, ...mayImport],
}))

export default defineConfig(
  globalIgnores(['node_modules', 'coverage', '.qrsync', 'examples']),
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    plugins: { 'import-x': importX },
    settings: { 'import-x/resolver': { node: { extensions: ['.ts'] } } },
    rules: {
      'max-lines': ['error', 300],
      'import-x/no-restricted-paths': [
        'error',
        {
          basePath: import.meta.dirname,
          zones: zones.map(({ target, except }) => ({ target, from: '.', except: ['node_modules', ...except] })),
        },
      ],
      'import-x/no-cycle': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
    },
  },
  {
    files: ['workflows/**'],
    rules: {
      'no-restricted-imports': ['error', { patterns: ['node:*'] }],
    },
  },
)
