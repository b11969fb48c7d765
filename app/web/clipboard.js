/** Clipboard access, with feedback on the button itself. */

const FEEDBACK_MS = 1500;

/** Copy a text. Browsers allow this on secure origins only (HTTPS, or localhost), so a refusal is reported, too. */
export async function copyToClipboard(text, button, announce) {
  const label = button.textContent;
  let feedback = "Copied";
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    feedback = "Cannot copy here";
  }
  announce(feedback);
  button.textContent = feedback;
  setTimeout(() => {
    button.textContent = label;
  }, FEEDBACK_MS);
}
