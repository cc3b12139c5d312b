// The screenshot book: every screen in light and dark, at the widths of a phone, a tablet, a laptop and a monitor.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { SCREENS } from "../fixtures/screens.ts";
import { test } from "../fixtures/test.ts";

const FOLDER = process.env.SCREENSHOTS ?? "screenshot-book";

const SIZES = [
  { width: 390, height: 844 },
  { width: 1024, height: 768 },
  { width: 1440, height: 900 },
  { width: 1920, height: 1080 },
];

const THEMES = ["light", "dark"] as const;

/** The name of a picture's file. */
function fileOf(screen: string, width: number, theme: string): string {
  return `${screen.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}-${width}-${theme}.png`;
}

for (const { name, open } of SCREENS) {
  test(`pictures of: ${name}`, async ({ page, server, browserErrors }) => {
    await open({ page, server, browserErrors });
    for (const size of SIZES) {
      await page.setViewportSize(size);
      for (const colorScheme of THEMES) {
        await page.emulateMedia({ colorScheme });
        const path = join(FOLDER, fileOf(name, size.width, colorScheme));
        await page.screenshot({ path, animations: "disabled" });
      }
    }
  });
}

test("the index of the book", async () => {
  const pictures = (screen: string) =>
    SIZES.flatMap(({ width }) =>
      THEMES.map((theme) => {
        const file = fileOf(screen, width, theme);
        return `<a href="${file}"><img src="${file}" alt="${screen}, ${width} px, ${theme}" loading="lazy"></a>`;
      }),
    );
  const sections = SCREENS.map(({ name }) => `<h2>${name}</h2>\n<p>${pictures(name).join("\n")}</p>`);
  const style = "body{font-family:sans-serif;margin:2rem}img{height:20rem;margin:.25rem;border:1px solid #999}";
  await mkdir(FOLDER, { recursive: true });
  await writeFile(
    join(FOLDER, "index.html"),
    `<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>SMS Chat: every screen</title>\n` +
      `<style>${style}</style>\n<h1>SMS Chat: every screen</h1>\n${sections.join("\n")}\n</html>\n`,
  );
});
