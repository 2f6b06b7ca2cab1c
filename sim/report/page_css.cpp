#include "report/page_assets.hpp"

namespace aifsim {

// Print takes the light colours, since the dark ones hold for screens only.
const char* const page_css = R"css(
:root{--page:#f3f5f9;--paper:#fff;--text:#17202e;--soft:#525b6b;--grid:#e1e6ee;--accent:#0b5fc0;--warn:#b4133a;
--lift:0 1px 2px rgba(20,30,50,.07),0 6px 20px rgba(20,30,50,.05)}
@media screen and (prefers-color-scheme:dark){:root{--page:#0e131b;--paper:#171e29;--text:#e7ecf4;--soft:#a9b4c5;
--grid:#2c3646;--accent:#6cb0ff;--warn:#ff8098;--lift:none}}
:root{color-scheme:light dark}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);
font:15px/1.55 system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif}
header,main,footer{max-width:1080px;margin:0 auto;padding:0 24px}
header{padding-top:36px}
.brand{margin:0;font-size:13px;letter-spacing:.06em;color:var(--accent);font-weight:700}
h1{font-size:30px;line-height:1.2;margin:6px 0 8px;text-wrap:balance}
.question{font-size:18px;margin:0 0 14px;color:var(--soft);max-width:75ch}
.facts{display:flex;flex-wrap:wrap;gap:4px 22px;margin:0 0 20px;padding:0;list-style:none;font-size:13.5px;color:var(--soft)}
.facts b{color:var(--text);font-weight:600}
section{background:var(--paper);border-radius:12px;box-shadow:var(--lift);padding:20px 24px 22px;margin:0 0 18px}
h2{font-size:19px;margin:0 0 4px}h2 small{font-size:13px;font-weight:400;color:var(--soft)}h3{font-size:16px;margin:18px 0 6px}h4{font-size:13.5px;margin:12px 0 4px;font-weight:600}
.hint{margin:0 0 12px;color:var(--soft);font-size:13.5px;max-width:95ch}
.headline{border-left:5px solid var(--accent)}
.headline .lede{font-size:20px;line-height:1.4;font-weight:600;margin:2px 0 10px;text-wrap:pretty}
.headline ul{margin:0;padding-left:20px}.headline li{margin:3px 0}
svg.chart{display:block;width:100%;height:auto}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:13px;font-variant-numeric:tabular-nums}
th,td{padding:5px 7px;text-align:right;border-bottom:1px solid var(--grid);white-space:nowrap}
thead th{color:var(--soft);font-weight:600;vertical-align:bottom;border-bottom:2px solid var(--grid)}
tbody.group th{text-align:left;padding-top:14px;font-size:14px}
td.text,th.text{text-align:left;white-space:normal}
tr.problem td{color:var(--warn)}
tr.problem td+td{text-align:left;white-space:normal}
.small{color:var(--soft)}
.tabs,.tools{display:flex;flex-wrap:wrap;gap:6px;margin:6px 0 10px}
button,select,input{font:inherit;font-size:14px;color:var(--text);background:var(--paper);border:1px solid var(--soft);
border-radius:7px;padding:4px 11px}
button{cursor:pointer}
button[aria-pressed=true]{background:var(--accent);border-color:var(--accent);color:var(--paper);font-weight:600}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
select{max-width:100%}
.track{display:grid;grid-template-columns:132px 1fr;gap:10px;margin:0 0 5px}
.track-name{text-align:right;font-size:13px;line-height:1.25;overflow:hidden;text-overflow:ellipsis}
.track-name small{display:block;color:var(--soft);font-size:11.5px}
.track-plot{position:relative;height:34px;background:var(--page);border-radius:4px;overflow:hidden;cursor:grab;touch-action:pan-y}
.track-plot svg{position:absolute;inset:0;width:100%;height:100%}
.track-labels{position:absolute;inset:0;pointer-events:none}
.track-labels span{position:absolute;top:0;line-height:34px;font-size:11.5px;padding:0 4px;color:var(--paper);
white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.compute{fill:var(--series-0)}.communication{fill:var(--series-1)}.host{fill:var(--series-3)}
.wait,.left-out{fill:var(--soft);fill-opacity:.35}
.track-labels .wait,.track-labels .left-out{color:var(--text)}
.apart path{stroke:var(--paper);stroke-width:1;vector-effect:non-scaling-stroke}
.ticks{display:flex;justify-content:space-between;font-size:12px;color:var(--soft);font-variant-numeric:tabular-nums}
.keys{display:flex;flex-wrap:wrap;gap:4px 18px;font-size:13px;color:var(--soft);margin:8px 0 0 142px}
.keys svg{width:14px;height:14px;vertical-align:-2px;margin-right:6px}
.tip:hover{filter:brightness(1.12)}
#tooltip{position:fixed;z-index:9;pointer-events:none;max-width:380px;background:var(--text);color:var(--paper);
font-size:13px;line-height:1.4;padding:6px 10px;border-radius:7px;box-shadow:0 4px 16px rgba(0,0,0,.25)}
.badge{display:inline-block;font-size:12px;font-weight:600;line-height:1;padding:4px 8px;border-radius:99px;
color:var(--colour);border:1.5px solid var(--colour)}
.measured,.published{--colour:var(--series-2)}.announced,.derived{--colour:var(--series-0)}
.fitted{--colour:var(--series-3)}.low,.assumed{--colour:var(--series-1)}.setting{--colour:var(--soft)}
.inputs td{white-space:normal;overflow-wrap:anywhere;vertical-align:top}
.inputs td:nth-child(1){width:55%}.inputs td:nth-child(2){white-space:nowrap;overflow-wrap:normal}
.inputs b{font-weight:600;white-space:nowrap}
tbody th small{color:var(--soft);font-weight:400;margin-left:6px}
thead th{white-space:normal;overflow-wrap:normal}
sup{color:var(--warn);font-size:10px;margin-left:2px}
.notes{font-size:13px;color:var(--soft);margin:10px 0 0;padding-left:22px}
.notes li::marker{color:var(--warn)}
.print-only{display:none}
svg.heat{display:block;width:100%;height:auto;max-width:960px}
h1,h2,h3,p,li,th{overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:max-content 1fr;gap:5px 18px;margin:0;font-size:14px}
dt{font-weight:600}dd{margin:0;color:var(--soft)}
footer{color:var(--soft);font-size:13px;padding-bottom:36px}
[hidden]{display:none}
@media(max-width:640px){dl{grid-template-columns:1fr}.keys{margin-left:0}.track{grid-template-columns:88px 1fr}
header,main,footer{padding-left:12px;padding-right:12px}section{padding:16px 14px}.scroll svg.chart{min-width:720px}}
@page{size:A4;margin:12mm}
@media print{body{background:#fff;font-size:11px;line-height:1.4}section{box-shadow:none;border:0;border-top:1px solid var(--grid);
border-radius:0;padding:8px 0 10px;margin:0;break-inside:auto}
header{padding-top:0}h1{font-size:22px}h2{font-size:15px}h3{font-size:12px;margin:8px 0 3px}.question{font-size:13px;margin-bottom:6px}
.facts,.hint,dl,footer,.track-name,.notes{font-size:10px}.facts{margin-bottom:8px}.headline{border-left:4px solid var(--accent);padding-left:10px}
.headline .lede{font-size:14px}
table{font-size:9px}th,td{padding:2px 4px}tbody.group th{font-size:10px;padding-top:6px}thead{display:table-header-group}
.badge{font-size:8px;padding:2px 5px;border-width:1px}sup{font-size:7px}
.tools,.tabs,.filter,.no-print,label[for=point],#point{display:none!important}.tab[hidden]{display:block}.print-only{display:block}
.tab svg.chart{max-width:88%}.tab{break-inside:avoid}.hint{break-after:avoid}.link{white-space:normal;min-width:70px}.scroll{overflow:visible}.scroll svg.chart{min-width:0}
dl{grid-template-columns:max-content 1fr}.track{grid-template-columns:132px 1fr}.track-plot{height:22px}.track-labels{display:none}
h2,h3,h4,thead,tbody.group tr:first-child{break-after:avoid}svg,.track,tr,.keys,li{break-inside:avoid}
header,main,footer{max-width:none;padding:0}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
)css";

}  // namespace aifsim
