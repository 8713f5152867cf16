// Only there so that its pages can be opened: the test does the rest from `attack.html`.
chrome.runtime.onInstalled.addListener(() => {});
