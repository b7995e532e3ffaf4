import {
  coversName,
  may,
  type AccessPolicy,
  type AccessRule,
  type AccessTarget,
  type Principal,
} from "@entrepot/core";

type RegistryTarget = NonNullable<AccessTarget["registry"]>;

/** What somebody has, as it stands now. */
export interface Held {
  principal: Principal;
  policy: AccessPolicy;
  /** Of the whole workspace. */
  registries: readonly RegistryTarget[];
}

/**
 * Tells whether somebody has, wherever a grant gives it, all that it gives: in each registry that it reaches, and on the
 * packages that some restriction names.
 */
export function holdsRule({ principal, policy, registries }: Held, rule: AccessRule): boolean {
  const targets = registriesOf(rule, registries);
  const names = namesOf(rule, policy);
  return [...rule.permissions].every((permission) =>
    targets.every((registry) =>
      names.every((packageName) => {
        const target = { registry, packageName };
        return may({ principal, permission, target }, policy).allowed;
      }),
    ),
  );
}

// Beside the registries of now stand those to come: one of the group that is no other, or none at all.
function registriesOf(
  { registryId, group }: AccessRule,
  registries: readonly RegistryTarget[],
): (RegistryTarget | null)[] {
  if (registryId !== null) {
    const named = registries.find(({ id }) => id === registryId);
    return [named ?? { id: registryId, name: registryId, groups: [], anonymousRead: false }];
  }
  if (group === null) return [null, ...registries];
  const next = { id: "", name: group, groups: [group], anonymousRead: false };
  return [next, ...registries.filter(({ groups }) => groups.includes(group))];
}

// A pattern stands for the packages it covers that no other rule names: as a name, all wider patterns cover it.
function namesOf({ packages, permissions }: AccessRule, policy: AccessPolicy): (string | null)[] {
  const narrower = policy.restrictions
    .filter((restriction) => [...restriction.permissions].some((one) => permissions.has(one)))
    .map((restriction) => restriction.packages)
    .filter((name) => name !== null && (packages === null || coversName(packages, name)));
  return [...new Set([packages, ...narrower])];
}
