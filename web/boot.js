// Starts the single-page app. A file of its own because the content security policy forbids inline scripts.
// The names in braces are replaced by the build with content-hashed ones.
import init from "/{{app.js}}";

// Requested by head.js. Without them, the app starts in English.
const texts = (globalThis.smscTexts = await globalThis.smscTexts);
const translated = (text) => texts?.match(new RegExp(`^${text}\t\t(.*)`, "m"))?.[1] ?? text;
const text = document.getElementById("boot-text");
text.textContent = translated(text.textContent);
try {
  await init({ module_or_path: "/{{app.wasm}}" });
  document.getElementById("boot").remove();
} catch (error) {
  console.error(error);
  text.textContent = translated("SMS Chat could not start. Please reload the page, or try a current browser.");
}
