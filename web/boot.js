// Starts the single-page app. A file of its own because the content security policy forbids inline scripts.
// The names in braces are replaced by the build with content-hashed ones.
import init from "/{{app.js}}";

try {
  await init({ module_or_path: "/{{app.wasm}}" });
  document.getElementById("boot")?.remove();
} catch (error) {
  console.error(error);
  const text = document.getElementById("boot-text");
  if (text) text.textContent = "SMS Chat could not start. Please reload the page, or try a current browser.";
}
