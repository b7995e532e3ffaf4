import { describe, expect, test } from "vitest";
import { npm11, npmrc } from "./clients.ts";
import { setScene } from "./scene.ts";

const scene = setScene();

describe("deprecating", () => {
  test("is seen by who installs, and lifting it removes the field", async () => {
    const npm = scene.start(npm11, { manifest: { name: "@own/old" } });
    await npm.run("publish");
    await npm.run("deprecate", "@own/old@1.0.0", "use something new");
    expect(await scene.get("@own/old/1.0.0")).toHaveProperty("deprecated", "use something new");
    expect(await scene.start(npm11).run("install", "@own/old")).toContain("use something new");

    await npm.run("undeprecate", "@own/old@1.0.0");
    expect(await scene.get("@own/old/1.0.0")).not.toHaveProperty("deprecated");
    await npm.run("deprecate", "@own/old@1.0.0", "again");
    await npm.run("deprecate", "@own/old@1.0.0", "");
    for (const accept of ["application/json", "application/vnd.npm.install-v1+json"]) {
      expect(JSON.stringify(await scene.get("@own/old", accept))).not.toContain("deprecated");
    }
  });
});

describe("unpublishing", () => {
  test("one version, then the whole package, whose numbers stay used", async () => {
    const npm = scene.start(npm11, { manifest: { name: "@own/gone" } });
    for (const version of ["1.0.0", "1.1.0", "2.0.0"]) {
      npm.write("package.json", JSON.stringify({ name: "@own/gone", version }));
      await npm.run("publish");
    }
    expect(await npm.run("unpublish", "@own/gone@1.1.0")).toBe("- @own/gone@1.1.0\n");
    expect(await npm.run("unpublish", "@own/gone@2.0.0")).toBe("- @own/gone@2.0.0\n");
    const rest = await scene.get("@own/gone");
    expect(Object.keys(rest["versions"] as object)).toEqual(["1.0.0"]);
    expect(rest["dist-tags"]).toEqual({ latest: "1.0.0" });
    const tarball = await scene.dev.request("/npm/default/@own/gone/-/gone-2.0.0.tgz");
    expect(tarball.status).toBe(404);

    expect(await npm.run("unpublish", "@own/gone", "--force")).toContain("- @own/gone\n");
    expect(await npm.fail("view", "@own/gone")).toMatch(/code E404\n.*was unpublished/);
    expect(await npm.fail("publish")).toMatch(/code E403\n.*unpublished and its number cannot be used again/);
    npm.write("package.json", JSON.stringify({ name: "@own/gone", version: "3.0.0" }));
    expect(await npm.run("publish")).toContain("+ @own/gone@3.0.0");
  });
});

describe("owners", () => {
  test("come and go, and no version with them", async () => {
    await scene.app.as("eve");
    const npm = scene.start(npm11, { manifest: { name: "own-owned" } });
    await npm.run("publish");
    const before = await scene.get("own-owned");
    expect(await npm.run("owner", "add", "eve", "own-owned")).toBe("+ eve (own-owned)\n");
    expect(await npm.run("owner", "ls", "own-owned")).toBe("dev <>\neve <>\n");
    expect(await npm.run("owner", "rm", "eve", "own-owned")).toBe("- eve (own-owned)\n");
    expect(await npm.run("owner", "ls", "own-owned")).toBe("dev <>\n");
    expect((await scene.get("own-owned"))["versions"]).toEqual(before["versions"]);
    expect(await npm.fail("owner", "add", "nobody", "own-owned")).toContain('There is no user "nobody"');
  });
});

describe("tags", () => {
  test("a tag of the publish, one with a slash in its name; latest cannot go", async () => {
    const npm = scene.start(npm11, { manifest: { name: "own-tagged" } });
    await npm.run("publish", "--tag", "next");
    expect((await scene.get("own-tagged"))["dist-tags"]).toEqual({ latest: "1.0.0", next: "1.0.0" });
    await npm.run("dist-tag", "add", "own-tagged@1.0.0", "team/edge");
    expect(await npm.run("dist-tag", "ls", "own-tagged")).toBe(
      "latest: 1.0.0\nnext: 1.0.0\nteam/edge: 1.0.0\n",
    );
    await npm.run("dist-tag", "rm", "own-tagged", "team/edge");
    expect(await npm.fail("dist-tag", "rm", "own-tagged", "latest")).toMatch(
      /code E403\n.*"latest" cannot be removed/,
    );
    expect(await npm.fail("dist-tag", "add", "own-tagged@9.9.9", "beta")).toMatch(/code E4\d\d\n.*9\.9\.9/);
  });
});

describe("publishing", () => {
  test("a tarball, whose version loses its build metadata", async () => {
    const npm = scene.start(npm11, { manifest: { name: "@own/packed", version: "1.2.3+build.5" } });
    const file = (await npm.run("pack", "--silent")).trim();
    npm.remove("package.json");
    await npm.run("publish", file);
    expect(Object.keys((await scene.get("@own/packed"))["versions"] as object)).toEqual(["1.2.3"]);
    expect(await scene.start(npm11).run("install", "@own/packed@1.2.3")).toContain("added 1 package");
  });

  test("the same version again with other content: npm refuses, and the server where npm does not look", async () => {
    const npm = scene.start(npm11, { manifest: { name: "own-again" } });
    await npm.run("publish");
    // The same bytes again are what a client sends that lost the answer.
    expect(await npm.run("publish", "--force")).toContain("+ own-again@1.0.0");
    npm.write("more.js", "");
    expect(await npm.fail("publish")).toContain("cannot publish over the previously published versions");
    expect(await npm.fail("publish", "--force")).toMatch(/code E403\n.*exists already with other content/);
  });

  test("a private package stays at home", async () => {
    const npm = scene.start(npm11, { manifest: { name: "own-private", private: true } });
    scene.forget();
    expect(await npm.fail("publish")).toContain("code EPRIVATE");
    expect(scene.seen.filter(({ method }) => method === "PUT")).toEqual([]);
  });

  test("publishConfig.registry wins over the default registry; another registry than it names refuses", async () => {
    const publishConfig = { registry: scene.registry };
    const settings = `registry=http://127.0.0.1:9/\n//${scene.host}/npm/default/:_authToken=${scene.dev.token}\n`;
    const npm = scene.start(
      { ...npm11, settings: () => ({ ".npmrc": settings }) },
      { manifest: { name: "own-configured", publishConfig } },
    );
    await npm.run("publish");
    expect(await scene.get("own-configured/1.0.0")).toHaveProperty("name", "own-configured");

    const elsewhere = "http://127.0.0.1:9/npm/other/";
    const answer = await scene.dev.publish({
      name: "own-elsewhere",
      version: "1.0.0",
      manifest: { publishConfig: { registry: elsewhere } },
    });
    expect(answer.status).toBe(403);
    expect(answer.json.error).toContain(elsewhere);
  });

  test("a name that people here have from an upstream is not taken over by accident", async () => {
    await scene.start(npm11).run("install", "twig");
    const npm = scene.start(npm11, { manifest: { name: "twig", version: "9.0.0" } });
    expect(await npm.fail("publish")).toMatch(/code E403\n.*claim the name first/);
    expect(await scene.get("twig/latest")).toHaveProperty("version", "1.0.0");
  });

  test("without a token npm does not begin; with a read-only one the server says so", async () => {
    const stranger = scene.start(npm11, { access: { token: null }, manifest: { name: "own-nobody" } });
    expect(await stranger.fail("publish")).toContain("ENEEDAUTH");
    const { token } = await scene.app.as("reader", "read-only");
    const reader = scene.start(npm11, { access: { token }, manifest: { name: "own-reader" } });
    expect(await reader.fail("publish")).toMatch(/code E403\n.*reader is read-only and may not publish/);
    // Who is read-only sees what there is, and installs nothing.
    expect(await reader.run("view", "left", "version")).toBe("1.1.0\n");
    expect(await reader.fail("install", "left")).toMatch(
      /code E403\n.*reader is read-only and may not download/,
    );
  });

  test("provenance that comes with a publish is kept and told", async () => {
    const bundle = {
      mediaType: "application/vnd.dev.sigstore.bundle.v0.3+json",
      verificationMaterial: { tlogEntries: [] },
      dsseEnvelope: {
        payloadType: "application/vnd.in-toto+json",
        payload: Buffer.from(
          JSON.stringify({
            _type: "https://in-toto.io/Statement/v1",
            predicateType: "https://slsa.dev/provenance/v1",
            predicate: {},
          }),
        ).toString("base64"),
        signatures: [{ sig: "c2ln", keyid: "" }],
      },
    };
    const answer = await scene.dev.publish({ name: "@own/proven", version: "1.0.0", bundle });
    expect(answer.status, answer.text).toBe(201);
    const npm = scene.start(npm11);
    const attestations = JSON.parse(await npm.run("view", "@own/proven", "dist.attestations", "--json")) as {
      url: string;
    };
    expect(attestations).toEqual({
      url: `${scene.registry}-/npm/v1/attestations/@own/proven@1.0.0`,
      provenance: { predicateType: "https://slsa.dev/provenance/v1" },
    });
    const told = await scene.dev.request(new URL(attestations.url).pathname);
    expect(told.json).toEqual({
      attestations: [{ predicateType: "https://slsa.dev/provenance/v1", bundle }],
    });
    await npm.run("install", "@own/proven");
  });
});

test("publishing by the other prefix ends in the same registry", async () => {
  const { token } = scene.dev;
  const alias = { registry: `${scene.app.url}/r/default/`, token };
  const npm = scene.start(
    { ...npm11, settings: () => ({ ".npmrc": npmrc(alias) }) },
    { manifest: { name: "own-alias" } },
  );
  await npm.run("publish");
  expect(await scene.get("own-alias/latest")).toHaveProperty(
    "dist.tarball",
    `${scene.registry}own-alias/-/own-alias-1.0.0.tgz`,
  );
});
