import { expect, test } from "vitest";
import { setUpGuides } from "./set-up-instructions.ts";

const URL_OF_IT = "https://npm.example.test/npm/team-a/";

test.each(setUpGuides({ registryUrl: URL_OF_IT }).map((guide) => [guide.id, guide] as const))(
  "the texts for %s name the registry with its slash",
  (_id, { blocks, note, title }) => {
    expect([title, note]).not.toContain("");
    // The one place where yarn 4 looks it up without.
    const texts = blocks.map(({ text }) => text.replace(/npmRegistries:\n.*\n/, "")).join("\n");
    expect(texts).toContain(URL_OF_IT);
    // A URL without the slash gets its token stored where every registry below would read it.
    expect(texts).not.toMatch(/npm\/team-a(?!\/)/);
  },
);

test("no text holds a secret: tokens come from the environment", () => {
  const texts = setUpGuides({ registryUrl: URL_OF_IT }).flatMap(({ blocks }) =>
    blocks.map(({ text }) => text),
  );
  const tokens = texts.flatMap((text) => [
    ...text.matchAll(/(?:_authToken|token|TOKEN)["']?\s*[=:]\s*(\S+)/g),
  ]);
  expect(tokens.length).toBeGreaterThan(3);
  for (const [, value = ""] of tokens) expect(value).toMatch(/\$|process\.env/);
});

test("yarn 4 is told of a server without TLS, which it would refuse", () => {
  const settings = (registryUrl: string): string =>
    setUpGuides({ registryUrl }).find(({ id }) => id === "yarn-4")?.blocks[0]?.text ?? "";
  expect(settings("http://npm.internal:4873/npm/default/")).toContain(
    'unsafeHttpWhitelist: ["npm.internal"]',
  );
  expect(settings(URL_OF_IT)).not.toContain("unsafeHttpWhitelist");
});

test("labels are different within a guide, for they name the buttons", () => {
  for (const { blocks } of setUpGuides({ registryUrl: URL_OF_IT })) {
    expect(new Set(blocks.map(({ label }) => label)).size).toBe(blocks.length);
  }
});
