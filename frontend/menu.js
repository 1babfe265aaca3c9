// On a phone the console's menu is a row that scrolls: the page one is on is moved into sight.

document.querySelector(".console-side [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
