/// The style sheet of every page; `Figure.style` comes after it.
let pageStyle = """
  :root{color-scheme:light dark;--paper:#f6f6f3;--surface:#fff;--ink:#16181d;--soft:#565c66;--line:#e1e2de;\
  --accent:#0067a3;--bar:#0072b2;--bad:#b84f00;--track:#ecedea;--shade:#16181d2e;--code:#f3f3f0}
  *{box-sizing:border-box}
  html{-webkit-text-size-adjust:100%;text-size-adjust:100%;scroll-padding-top:1rem}
  body{margin:0 auto;max-width:1240px;padding:2.5rem 2rem 3rem;background:var(--paper);color:var(--ink);\
  font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;\
  font-variant-numeric:tabular-nums;overflow-wrap:anywhere;display:grid;\
  grid-template-columns:minmax(0,1fr);column-gap:3rem}
  header{margin-bottom:1.25rem}
  .kind{margin:0 0 .25rem;color:var(--soft);font-size:.875rem}
  h1{margin:0;font-size:1.9rem;line-height:1.2;letter-spacing:-.015em;font-weight:680}
  h2{margin:0 0 1rem;font-size:1.3rem;line-height:1.3;letter-spacing:-.01em;font-weight:650}
  h3{margin:2rem 0 .6rem;font-size:1rem;font-weight:650}
  p{margin:0 0 .9rem;max-width:44rem}
  a{color:var(--accent);text-underline-offset:.15em}
  section{margin-top:3.25rem;padding-top:1.6rem;border-top:1px solid var(--line)}
  .soft{color:var(--soft)}
  .small{font-size:.875rem}
  nav ul{list-style:none;margin:0;padding:0}
  nav a{color:var(--soft);text-decoration:none;display:block;padding:.2rem 0;font-size:.9rem}
  nav a:hover{color:var(--ink);text-decoration:underline}
  footer{margin-top:4rem;color:var(--soft);font-size:.8rem}
  .lead{background:var(--surface);border:1px solid var(--line);border-radius:12px;padding:1.6rem 1.75rem 1.4rem}
  .score{display:flex;flex-wrap:wrap;gap:1.2rem 2.75rem;align-items:flex-end}
  .values{flex:1 1 18rem;display:flex;flex-wrap:wrap;align-items:flex-end;gap:1rem 2rem}
  .values .value{white-space:nowrap}
  .score p{margin:0}
  .score .big{font-size:3.4rem;line-height:1;font-weight:680;letter-spacing:-.03em}
  .score .label{color:var(--soft);font-size:.875rem;margin-top:.5rem}
  .score .value{font-size:1.15rem;line-height:1.2;font-weight:620}
  .note{margin:1.3rem 0 0;padding-left:.9rem;border-left:3px solid var(--bar)}
  .note p:last-child,.lead>:last-child .command{margin-bottom:0}
  .next{margin:1.3rem 0 0;padding-top:1.1rem;border-top:1px solid var(--line)}
  .next .purpose{margin-top:0}
  .next .command+.purpose{margin-top:1rem}
  .facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,15rem),1fr));gap:.85rem 2rem;margin:0 0 1.5rem}
  .facts dt{color:var(--soft);font-size:.8rem}
  .facts dd{margin:0}
  .purpose{margin:1rem 0 .3rem;font-size:.875rem;color:var(--soft)}
  .command{margin:0 0 .5rem;padding:.6rem .8rem;background:var(--code);border:1px solid var(--line);border-radius:8px;\
  font:.85rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;\
  white-space:pre-wrap;overflow-wrap:anywhere;user-select:all;-webkit-user-select:all}
  .command code{font:inherit}
  .command span{display:inline-block;max-width:100%}
  .charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:1.25rem;margin:0 0 1.25rem}
  .chart{margin:0;padding:1.1rem 1.1rem .8rem;background:var(--surface);border:1px solid var(--line);border-radius:12px;\
  display:flex;justify-content:center;align-items:flex-start}
  .charts>.chart:only-child{max-width:31rem}
  .chart svg{display:block;width:100%;height:auto}
  .chart.wide{overflow-x:auto;justify-content:safe center;margin:0 0 1.25rem}
  .chart.wide>div{flex:1 0 auto}
  .pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));gap:1.25rem 2.5rem;align-items:start}
  .stack{display:grid;grid-template-columns:minmax(0,1fr);gap:1.25rem}
  .stack>div{min-width:0}
  .pair h3{margin-top:0}
  .pair .chart{margin:0}
  .below{margin:.9rem 0 0}
  .scroll{overflow-x:auto;margin:0 0 1rem;outline-offset:2px;\
  background:linear-gradient(to right,var(--paper) 40%,transparent) 0 0/3rem 100% no-repeat local,\
  linear-gradient(to left,var(--paper) 40%,transparent) 100% 0/3rem 100% no-repeat local,\
  linear-gradient(to right,var(--shade),transparent) 0 0/.8rem 100% no-repeat scroll,\
  linear-gradient(to left,var(--shade),transparent) 100% 0/.8rem 100% no-repeat scroll}
  table{border-collapse:collapse;font-size:.9rem;line-height:1.35;min-width:min(100%,24rem);overflow-wrap:normal}
  th,td{padding:.42rem 1.4rem .42rem 0;text-align:left;border-bottom:1px solid var(--line);vertical-align:baseline}
  th:last-child,td:last-child{padding-right:0}
  thead th{color:var(--soft);font-weight:500;font-size:.8rem;white-space:nowrap;vertical-align:bottom}
  tbody th,tfoot th{font-weight:500}
  td.short,th.short{white-space:nowrap}
  td.long{min-width:16rem}
  tfoot th,tfoot td{border-bottom:0;font-weight:620}
  .number{text-align:right;white-space:nowrap}
  .cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,15.5rem),1fr));gap:.8rem;margin:0 0 1.25rem;padding:0;list-style:none}
  .card{display:flex;gap:.9rem;padding:.8rem;background:var(--surface);border:1px solid var(--line);border-radius:10px;\
  break-inside:avoid;min-width:0}
  .card>div{min-width:0;flex:1}
  .card p{margin:0;line-height:1.35}
  .card .what{font-weight:620;margin-bottom:.35rem}
  .card .where{color:var(--soft);font-size:.78rem;margin-top:.35rem}
  .digit{display:block;flex:none;image-rendering:pixelated;background:#fff;border-radius:4px;box-shadow:0 0 0 1px var(--line)}
  .pictures{display:flex;flex-direction:column;gap:.5rem;flex:none!important}
  .map{display:block;border-radius:4px;box-shadow:0 0 0 1px var(--line);image-rendering:pixelated;background:#fff}
  .map .digit{box-shadow:none}
  .cell{display:none;scroll-margin-top:1rem}
  .cell:target{display:block}
  .odds{display:grid;grid-template-columns:auto 1fr auto;gap:.1rem .5rem;align-items:center;margin:0;font-size:.8rem;line-height:1.35}
  .odds dt,.odds dd{margin:0;display:contents}
  .odds .track{height:.45rem;background:var(--track);border-radius:3px;overflow:hidden;min-width:1rem}
  .odds .fill{display:block;height:100%;background:var(--soft);border-radius:3px}
  .odds .chosen .fill{background:var(--bad)}
  .odds .true .fill{background:var(--bar)}
  .odds .number{min-width:3.1rem}
  .key{display:inline-block;width:.7rem;height:.7rem;border-radius:2px;margin-right:.3rem;vertical-align:-.04rem}
  .key.true{background:var(--bar)}.key.chosen{background:var(--bad)}
  .sheet{display:block;width:100%;max-width:48rem;height:auto;image-rendering:pixelated}
  .sheets{margin:0 0 1rem;padding:1.1rem;background:var(--surface);border:1px solid var(--line);border-radius:12px;max-width:52rem}
  .sheets figcaption{color:var(--soft);font-size:.8rem;margin:0 0 .35rem}
  .sheets img+figcaption{margin-top:.9rem}
  details{margin:0 0 1rem}
  summary{cursor:pointer;color:var(--accent);font-size:.9rem;padding:.3rem 0}
  .rows{font-size:.85rem;columns:15rem;column-gap:2rem;margin:.5rem 0;padding:0;list-style:none}
  .remark{max-width:44rem;margin:0 0 1.1rem}
  .remark h3{margin:0 0 .2rem}
  .remark p{margin:0}
  @media (min-width:1000px){
  body{grid-template-columns:10.5rem minmax(0,1fr)}
  header,main,footer{grid-column:2}
  nav{grid-column:1;grid-row:1/span 3;position:sticky;top:2.5rem;align-self:start;padding-top:.2rem}
  }
  @media (max-width:999px){
  nav{margin-bottom:1.5rem}
  nav ul{display:flex;flex-wrap:wrap;gap:.1rem 1.1rem}
  nav a{padding:.35rem 0}
  }
  @media (max-width:560px){
  body{padding:1.4rem 1rem 2.5rem;font-size:15.5px}
  h1{font-size:1.5rem}
  .lead{padding:1.2rem 1.1rem 1.1rem}
  .score{gap:1.1rem 2rem}
  .score .big{font-size:3rem}
  .score .value{font-size:1.05rem;white-space:normal}
  .values{display:grid;grid-template-columns:1fr 1fr;gap:1rem}
  .chart{padding:.8rem .7rem .5rem}
  th,td{padding-right:1rem}
  section{margin-top:2.4rem;padding-top:1.3rem}
  .facts{grid-template-columns:repeat(auto-fill,minmax(min(100%,9.5rem),1fr));gap:.7rem 1.2rem}
  }
  @media screen and (prefers-color-scheme:dark){
  :root{--paper:#111317;--surface:#1a1d22;--ink:#eceded;--soft:#a9afb9;--line:#2d3138;--accent:#74bff2;--bar:#4aa8e8;\
  --bad:#ff8f4d;--track:#2a2e35;--shade:#0009;--code:#15181c}
  .digit,.sheet{filter:invert(1)}
  .digit{box-shadow:0 0 0 1px #d2cec7}
  }
  @media print{
  :root{color-scheme:light;--paper:#fff;--code:#fff}
  @page{margin:16mm 14mm}
  body{display:block;max-width:none;padding:0;font-size:10pt}
  nav{display:none}
  section{margin-top:1.6rem;padding-top:1rem}
  h2,h3,.purpose,summary{break-after:avoid}
  .chart,.card,.lead,.facts div,.sheets,.remark,tr,pre{break-inside:avoid}
  .charts,.pair{grid-template-columns:1fr 1fr}
  .cards{grid-template-columns:repeat(3,1fr)}
  .score .big{font-size:2.3rem}
  .score,.values{gap:.8rem 1.3rem}
  .values .value{font-size:1rem}
  th,td{padding-top:.16rem;padding-bottom:.16rem}
  .card{gap:.6rem;padding:.55rem;font-size:8.5pt}
  .card .digit{width:15mm;height:15mm}
  .rows{columns:4;column-gap:1.2rem;font-size:7.5pt;line-height:1.35}
  .scroll{overflow:visible;background:none}
  .fill,.track,.key,.figure{-webkit-print-color-adjust:exact;print-color-adjust:exact}
  details::details-content{content-visibility:visible;display:block;block-size:auto}
  details:not([open])>:not(summary){display:block}
  summary{list-style:none}
  a{color:inherit;text-decoration:none}
  }
  """
