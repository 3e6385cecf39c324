export { sync } from './sync.ts'
export { deliver } from './deliver.ts'
