const NAME_PATTERN = /^[a-z0-9][a-z0-9._-]{0,49}$/;
const NAME_CHARS_MAX = 50;

/**
 * Says what is wrong with a name, or null. Names of registries and upstreams are lower case, 1 to 50 of
 * `a-z 0-9 . _ -`.
 */
export function registryNameProblem(
  name: string,
  what: "A registry" | "An upstream" | "A group" = "A registry",
): string | null {
  if (NAME_PATTERN.test(name)) return null;
  if (name === "") return `${what} needs a name.`;
  if (name.length > NAME_CHARS_MAX) return `${what}'s name has at most ${NAME_CHARS_MAX} characters.`;
  const wrong = [...name].find((character) => !/[a-z0-9._-]/.test(character));
  if (wrong === " ") return `${what}'s name cannot hold a space; write "${name.replaceAll(" ", "-")}".`;
  if (wrong !== undefined) {
    return `${what}'s name cannot hold "${wrong}"; it takes a-z, 0-9, ".", "_" and "-".`;
  }
  return `${what}'s name starts with a letter or a digit.`;
}
