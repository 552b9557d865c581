import { loadDefaults } from '../annotations/load.ts';
import type { Group } from './define.ts';

/** All groups of ConfigMap keys, by the name of their file: adding a file adds a group. */
export const groups: ReadonlyMap<string, Group> = await loadDefaults(new URL('./groups/', import.meta.url));
