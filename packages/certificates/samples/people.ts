import { dayText } from "../calendar.ts";
import { citizenIdCheckCharacter } from "../citizen-id.ts";
import { organisationCheckCharacter, usccCheckCharacter } from "../uscc.ts";
import type { Draw } from "./random.ts";

/** People, firms, places and days as samples need them: they look real, their check digits are right, and they are nobody's. */

export interface Division {
  readonly code: string;
  readonly name: string;
  readonly postcode: string;
  readonly areaCode: string;
}

/** GB/T 2260, some counties and districts. */
export const divisions: readonly [Division, ...Division[]] = [
  { code: "110105", name: "北京市朝阳区", postcode: "100020", areaCode: "010" },
  { code: "110108", name: "北京市海淀区", postcode: "100080", areaCode: "010" },
  { code: "310115", name: "上海市浦东新区", postcode: "200135", areaCode: "021" },
  { code: "320102", name: "江苏省南京市玄武区", postcode: "210018", areaCode: "025" },
  { code: "320106", name: "江苏省南京市鼓楼区", postcode: "210009", areaCode: "025" },
  { code: "320508", name: "江苏省苏州市姑苏区", postcode: "215031", areaCode: "0512" },
  { code: "330106", name: "浙江省杭州市西湖区", postcode: "310013", areaCode: "0571" },
  { code: "340104", name: "安徽省合肥市蜀山区", postcode: "230031", areaCode: "0551" },
  { code: "350203", name: "福建省厦门市思明区", postcode: "361001", areaCode: "0592" },
  { code: "350206", name: "福建省厦门市湖里区", postcode: "361006", areaCode: "0592" },
  { code: "440106", name: "广东省广州市天河区", postcode: "510665", areaCode: "020" },
  { code: "440305", name: "广东省深圳市南山区", postcode: "518052", areaCode: "0755" },
  { code: "510107", name: "四川省成都市武侯区", postcode: "610041", areaCode: "028" },
  { code: "610113", name: "陕西省西安市雁塔区", postcode: "710061", areaCode: "029" },
  { code: "650102", name: "新疆维吾尔自治区乌鲁木齐市天山区", postcode: "830002", areaCode: "0991" },
];

const families: readonly [string, ...string[]] = [
  "王",
  "李",
  "张",
  "刘",
  "陈",
  "杨",
  "黄",
  "赵",
  "吴",
  "周",
  "徐",
  "孙",
  "马",
  "朱",
  "胡",
  "郭",
  "何",
  "林",
  "高",
  "罗",
  "欧阳",
  "司马",
];
const womens: readonly [string, ...string[]] = [
  "芳",
  "娜",
  "敏",
  "静",
  "秀英",
  "丽",
  "艳",
  "娟",
  "霞",
  "雪梅",
  "婷婷",
  "玉兰",
  "晓燕",
  "思雨",
  "佳怡",
];
const mens: readonly [string, ...string[]] = [
  "伟",
  "强",
  "磊",
  "军",
  "洋",
  "勇",
  "杰",
  "涛",
  "明",
  "超",
  "建国",
  "志强",
  "文博",
  "浩然",
  "子轩",
];
const streets: readonly [string, ...string[]] = [
  "人民路",
  "解放路",
  "中山路",
  "建设大街",
  "和平路",
  "文化路",
  "新华街",
  "学府路",
  "滨江大道",
  "象屿路",
];
const trades: readonly [string, ...string[]] = [
  "国际贸易",
  "信息技术",
  "物流",
  "食品",
  "机械设备",
  "新能源",
  "生物科技",
  "建筑工程",
  "文化传媒",
  "供应链管理",
];
const words: readonly [string, ...string[]] = ["恒信", "远航", "华兴", "瑞丰", "金桥", "同舟", "天合", "永安", "宏图", "启明"];
const forms: readonly [string, ...string[]] = ["有限公司", "有限责任公司", "股份有限公司"];

const DAY_1950 = -7_305;
const DAY_2006 = 13_149;
const DAY_2010 = 14_610;
/** 2025-12-31: samples tell of nothing later. */
const DAY_LAST = 20_453;

/** A day as fields of format `date` have it; `days` after 1970-01-01. */
export function dateText(days: number): string {
  const text = dayText(days);
  return `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`;
}

export interface Person {
  readonly name: string;
  readonly sex: "1,男性" | "2,女性";
  /** Days after 1970-01-01. */
  readonly bornOn: number;
  readonly division: Division;
  readonly idNumber: string;
  readonly address: string;
}

/** The `serial`-th person: of no two serials below 20 million the numbers are equal. */
export function personOf(draw: Draw, serial: number): Person {
  const division = divisions[serial % divisions.length] ?? divisions[0];
  const sex = draw.below(2) === 0 ? "1,男性" : "2,女性";
  const days = DAY_2006 - DAY_1950;
  const bornOn = DAY_1950 + (Math.floor(serial / divisions.length) % days);
  // The last digit of the sequence is odd for men (GB 11643).
  const order = (Math.floor(serial / (divisions.length * days)) % 500) * 2 + (sex === "1,男性" ? 1 : 0);
  const first17 = `${division.code}${dayText(bornOn)}${String(order).padStart(3, "0")}`;
  return {
    name: `${draw.of(families)}${draw.of(sex === "1,男性" ? mens : womens)}`,
    sex,
    bornOn,
    division,
    idNumber: `${first17}${citizenIdCheckCharacter(first17)}`,
    address: addressIn(draw, division),
  };
}

export function addressIn(draw: Draw, division: Division): string {
  return `${division.name}${draw.of(streets)}${draw.below(900) + 1}号${draw.below(30) + 1}幢${draw.below(32) + 1}0${draw.below(4) + 1}室`;
}

export interface Firm {
  readonly name: string;
  readonly creditCode: string;
  readonly organisationCode: string;
  readonly division: Division;
  readonly domicile: string;
  readonly trade: string;
  readonly establishedOn: number;
}

/** The `serial`-th firm: of no two serials below 100 million the codes are equal. */
export function firmOf(draw: Draw, serial: number): Firm {
  const division = divisions[serial % divisions.length] ?? divisions[0];
  const eight = String(serial % 100_000_000).padStart(8, "0");
  const organisationCode = `${eight}${organisationCheckCharacter(eight)}`;
  const first17 = `91${division.code}${organisationCode}`;
  const trade = draw.of(trades);
  const city = division.name.replace(/^.*?(?:省|自治区)/, "").replace(/市.*$/, "市");
  return {
    name: `${city}${draw.of(words)}${trade}${draw.of(forms)}`,
    creditCode: `${first17}${usccCheckCharacter(first17)}`,
    organisationCode,
    division,
    domicile: addressIn(draw, division),
    trade,
    establishedOn: DAY_2010 + draw.below(DAY_LAST - DAY_2010 - 400),
  };
}
