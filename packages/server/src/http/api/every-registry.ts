/** Stands for all registries of the workspace where one could be named. */
export const EVERY_REGISTRY = "*";
