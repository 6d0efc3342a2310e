"""Words that show what a kind is for, in Chinese and English, each list with its reason and the way out.

Second to the structural rules, and limited: a list finds the words in it, in the inflections named here, written
together, with underscores or in Traditional characters; not a synonym, a misspelling or another language's word.
Ordinary words are left alone: `face`, `plate`, `key`, `voice`, `assembly point`, `demonstration city`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from .faults import Path
from .refused_keys import AUTOMATIC, IDENTIFIER, OCCUPANTS, QUOTA, REWARD, SATISFACTION, SCORE, Refusal

NAMES = ("kind", "noun", "title")  # what the kind is called
FIELDS = ("fields",)
ANYWHERE: tuple[str, ...] = ()


@dataclass(frozen=True)
class WordList:
    """Patterns refused below the top-level keys `where` (empty: everywhere), for the kind's `subjects` (empty: all)."""

    refusal: Refusal
    zh: str  # one pattern; alternatives separated by |, spaces ignored
    en: tuple[str, ...]  # phrases as regular expressions; a space stands for any gap or none
    where: tuple[str, ...] = ANYWHERE
    subjects: tuple[str, ...] = ()

    def concerns(self, path: Path, subject: str) -> bool:
        """Whether it looks there; what a field is called shows its use, what can be chosen in it does not."""
        if self.where and (path[0] not in self.where or "choices" in path):
            return False
        return not self.subjects or subject in self.subjects

    @cached_property
    def chinese(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"\s+", "", self.zh) or r"(?!)")

    @cached_property
    def english(self) -> re.Pattern[str]:
        phrases = "|".join(phrase.replace(" ", r"\s*") for phrase in self.en) or r"(?!)"
        return re.compile(rf"(?<![a-z])(?:{phrases})(?![a-z])")


PERSON_LIST: Refusal = (
    "person-list",
    "People are not listed, tagged, visited or followed as a subject: no lists, tags or scores of persons",
    "Handle the block and the case: what was reported, where, and how it was answered",
)
CATEGORY: Refusal = (
    "person-category",
    "People are not sorted by origin, belief, party or record",
    "Ask for what the matter needs, such as the language to speak",
)
SPEECH: Refusal = (
    "speech",
    "Lawful assembly, petition, belief and opinion are no category of ours",
    "Type the harm (crush, fire, obstruction), never the purpose; take complaints in and answer them under a clock",
)
INFORMANT: Refusal = (
    "informant",
    "There are no paid or organised informants about people",
    "Take residents' reports of places and matters, and publish what came of them",
)
CHECKS: Refusal = (
    "checks-on-people",
    "Passers-by, households and guests are not checked in bulk, followed or listened to",
    "Plan a visit to equipment, or a road block for one open case",
)
UNMARKED: Refusal = (
    "sensitive-unmarked",
    "A block leader is the caller's neighbour: such a matter shows leaders counts only",
    "Write sensitive: true beside the type, or for the kind",
)
PERSON = "(?:persons?|people|individuals?|residents?|citizens?|tenants?|famil(?:y|ies)|households?|members?)"

COUNTED = "(?:arrests|tips|stops|searches|tickets|fines|detentions|clues)"

LISTS: tuple[WordList, ...] = (
    WordList(
        IDENTIFIER,
        """身份证|证件号|护照号|居住证号|社保号|银行卡号|车牌|号牌号|人脸|人像|面部识别|指纹(?!锁|门禁|机)|虹膜|声纹|步态|基因
        |生物特征|IMEI|imei|IMSI|imsi|MAC地址|mac地址|WiFi探针|wifi探针|无线探针|手机串号|设备标识|蓝牙标识""",
        (
            "(?:national )?identity (?:numbers?|cards?|documents?)",
            "(?:national )?id (?:numbers?|nos?|cards?)",
            "passports? ?(?:numbers?|nos?)?",
            "social security(?: numbers?)?",
            "ssn",
            "(?:licen[cs]e|number|registration) plates?",
            "plate (?:numbers?|nos?|reads?|readings?|sightings?|lookups?)",
            "anpr|alpr",
            "fac(?:e|ial) (?:recognition|ids?|images?|prints?|templates?|match(?:es)?|features?|scans?|captures?)",
            "finger ?prints?(?! ?(?:lock|reader))",
            "(?:iris|retina) (?:scans?|codes?|images?)",
            "voice ?prints?",
            "gaits?",
            "biometrics?",
            "dna",
            "imei|imsi",
            "mac address(?:es)?",
            "(?:wi-? ?fi|bluetooth|phone|device|sim) (?:ids?|identifiers?|probes?|sniff(?:er|ing)s?|sightings?)",
            "sim cards?",
        ),
    ),
    WordList(
        IDENTIFIER,
        "手机号|电话号码|联系电话|微信号|号牌|^(?:蓝牙|WiFi|wifi)$",
        (
            "^(?:caller |contact |owner |reporter |resident )?(?:mobile |tele)?phone$",
            "(?:phone|mobile|telephone) (?:numbers?|nos?)",
            "^(?:wi-? ?fi|bluetooth|(?:car |vehicle )?plates?)$",
        ),
        FIELDS,
    ),
    WordList(
        PERSON_LIST,
        """重点人(?!流)|重点人员|重点人口|重点对象|关注对象|关注人员|管控对象|管控人员|稳控|列管|布控|黑名单|前科|刑满释放
        |刑释|社区矫正|吸毒人员|涉毒人员|精神病人|精神障碍患者|肇事肇祸|信访人|上访人|上访|访民|缠访|闹访|涉访|涉稳|维稳
        |高危人|危险人员|可疑人员(?:名单|库|档案)|流动人口|外来人口|暂住人口|境外人员|邪教人员|特殊人群|风险人员|人员画像
        |关系图谱|行踪|活动轨迹|人员轨迹|行动轨迹|同行人|落脚点|一人一档|人员档案|人员台账|人口底数|人员名单|人员标签
        |zhongdianren|shangfang|heimingdan|liudongrenkou""",
        (
            f"key {PERSON}",
            f"{PERSON} of interest",
            f"(?:controlled|monitored|watched|dangerous|undesirable|high-? ?risk|at-? ?risk|target(?:ed)?) {PERSON}",
            "watch ?lists?|black ?lists?|no fly lists?",
            "petitioners?",
            "ex-? ?(?:convicts?|offenders?|prisoners?|cons?)",
            "(?:released|paroled) (?:prisoners?|offenders?|convicts?|inmates?)|parolees?",
            "(?:drug )?(?:addicts?|users? of drugs)|drug users?",
            f"(?:mentally ill|mental|psychiatric) (?:patients?|cases?|{PERSON})",
            "floating population|migrants? (?:register|list|check|registration)s?",
            "(?:known|repeat|prolific|habitual) offenders?",
            "trouble ?makers?|agitators?|dissidents?|vagrants?|undesirables?",
            "gang (?:members?|lists?|databases?)|known associates?|associates? of",
            f"{PERSON} (?:list|register|database|dossier|profile|tag|label|file|watch|tracking|archive)s?",
            f"(?:list|register|database|dossier|profile|tag)s? of {PERSON}",
            "suspects? (?:list|register|database|file)s?",
            "(?:social|relationship) (?:graph|network)s?|relationship maps?",
            "whereabouts|travel companions?|movement (?:histor(?:y|ies)|tracks?|logs?|patterns?)",
            "(?:zhong ?dian ?ren(?: ?(?:yuan|kou))?|shang ?fang|xin ?fang ?ren|hei ?ming ?dan|liu ?dong ?ren ?kou)",
        ),
    ),
    WordList(
        CATEGORY,
        "民族|种族|籍贯|政治面貌|党员|户籍地|户口性质|性取向|婚姻状况|犯罪记录|出生地|国籍",
        (
            "ethnic(?:ity|ities| groups?| origins?)?",
            "race",
            "religions?|religious affiliations?|faiths?",
            "nationalit(?:y|ies)",
            "political (?:affiliation|party|view)s?|party membership",
            "sexual orientation",
            "criminal (?:records?|histor(?:y|ies))|(?:prior|previous) (?:convictions?|arrests?)",
            "marital status",
            "household registration|hu ?kou",
            "place of (?:origin|birth)",
        ),
        FIELDS,
    ),
    WordList(
        SCORE,
        "(?:人员|个人|住户|居民|家庭)(?:风险|信用|危险|诚信)?(?:评分|积分|分值|分级|等级)|信用分|诚信分|社会信用|文明分",
        (
            f"{PERSON} (?:risk )?(?:scor(?:e|es|ing)|ratings?|rankings?|grades?|points?)",
            "(?:social )?credit (?:scores?|points?)|social credit",
            "(?:trust(?:worthiness)?|loyalty|dangerousness|behaviou?r|honesty|civility) (?:scores?|points?|ratings?)",
        ),
    ),
    WordList(
        SCORE,
        "风险评分|风险分值|危险性评分|评分|打分",
        ("(?:risk|threat|danger) (?:scor(?:e|es|ing)|ratings?|levels?)", "scor(?:e|es|ing)"),
        FIELDS,
        ("matter", "agency", "application"),
    ),
    WordList(
        SPEECH,
        """集会|游行|示威|静坐|聚众上访|集体访|群访|越级访|罢工|罢课|罢运|维权人|聚集维权|宗教(?!场所|活动场所|建筑)|信仰|邪教
        |传教|政治倾向|言论|舆情|舆论|煽动|敏感帖""",
        (
            "protest(?:s|er|ers|ing)?",
            "demonstrators?|(?:street|public|mass|political|peaceful) demonstrations?",
            "(?:street|public|lawful|unlawful|illegal|mass|unauthori[sz]ed|political) assembl(?:y|ies)",
            "(?:political|protest) (?:rall(?:y|ies)|march(?:es)?)|sit-? ?ins?|picket(?:s|ing|ers?)?",
            "(?:labou?r|general|workers?|student) strikes?",
            "petition(?:s|ing)",
            "(?:religious|political) (?:activit(?:y|ies)|opinions?|gatherings?|groups?|speech|views?)|beliefs?",
            "sects?|cults?|worship(?:p?ers?)?",
            "(?:online|social media|political|sensitive) (?:speech|posts?|opinions?|rumou?rs?|sentiment)",
            "public opinion|sentiment monitoring|dissent",
        ),
    ),
    WordList(
        SPEECH,
        "信访|请愿",
        ("petition",),
        (*NAMES, "types", "fields", "outcomes", "stages", "acts"),
    ),
    WordList(
        OCCUPANTS,
        """房间号|房号|室号|住户名|入住人|住客|旅客(?:登记|名单|信息)|宾客|租客|租户|承租人|房客|同住人|家庭成员|户主|居住人
        |常住人员|住宿登记|入住登记|访客登记|来访登记|顾客|寄件人|收件人|典当人|客户名单|员工名单|从业人员|出租屋|出租房|群租""",
        (
            "(?:room|flat|apartment|suite) (?:numbers?|nos?)",
            "occupants?|occupancy (?:lists?|records?)",
            "(?:sub)?tenants?|tenanc(?:y|ies)|lodgers?|renters?|rental (?:mark|unit|flat|home)s?|is rented",
            "(?:hotel )?guests?|guest (?:lists?|registers?|names?)",
            "visitors? (?:logs?|lists?|registers?|names?)",
            "household members?|heads? of household|family members?|people living|who lives",
            "^customers?(?: names?)?$|(?:customer|client)s? (?:lists?|registers?|records?)",
            "senders?|parcel recipients?|pawners?",
            "(?:staff|employee) (?:lists?|registers?|names?)",
        ),
        (*NAMES, *FIELDS),
    ),
    WordList(
        QUOTA,
        """破案指标|抓捕(?:数|指标|任务)|打处|刑拘(?:数|指标)|拘留(?:数|指标)|案件指标|线索(?:数|指标)|指标任务|配额|名额
        |零发案|零报案|零警情|零案件|绩效|考核(?:分|指标|得分|扣分|排名)|扣分""",
        (
            "quotas?",
            "(?:arrest|tip|stop|fine|ticket|search|detention|clue)s? (?:targets?|goals?|counts?|numbers?|points?|per)",
            f"(?:minimum|target|required|expected) (?:number of )?{COUNTED}",
            f"(?:targets?|goals?|number) (?:of|for) {COUNTED}",
            "zero-? ?(?:case|crime|report|incident)s?",
            "(?:performance|merit) (?:pay|bonus(?:es)?|points?)|league tables?",
        ),
    ),
    WordList(
        REWARD,
        "奖励|奖金|悬赏|赏金|积分兑换|有奖举报|举报奖",
        ("rewards?|rewarded|bount(?:y|ies)|cash for|prize money|tip money",),
        subjects=("matter", "agency", "application"),
    ),
    WordList(
        INFORMANT,
        "线人|眼线|耳目|特情|卧底|告密|告发|密报",
        (
            "(?:paid |registered |confidential )?informants?",
            "informers?|snitch(?:es)?|undercover",
            "(?:confidential|human) (?:human )?sources?",
            f"report(?:s|ing)? on {PERSON}|reports? about {PERSON}|denunciations?|tip-? ?offs? about",
            f"suspicious {PERSON} (?:rewards?|tips?|list)",
        ),
    ),
    WordList(
        CHECKS,
        """盘查|盘问|搜身|监听|窃听|技侦|监视(?:对象|居住)|跟踪(?:对象|人员)|尾随|入户走访|入户核查|入户登记|见面率|训诫
        |核查人员|人员核查|身份核查|背景审查|查验过往|逐人|逐户(?:登记|核查|走访)|家访""",
        (
            "stop(?:s|ped)? (?:and|&) (?:search(?:es|ed)?|frisk(?:s|ed)?|question)|frisk(?:s|ed|ing)?",
            "wire ?taps?|eavesdrop(?:s|ping)?|interception of calls|call interception",
            "(?:covert|person) surveillance|surveillance (?:of|targets?|subjects?|lists?)",
            "(?:door-? ?to-? ?door|household) (?:checks?|visits?|registrations?|inspections?|surveys?)",
            "(?:identity|background|bulk) (?:checks?|verifications?|screenings?)",
            f"(?:checks?|checking) (?:on|of|passers-? ?by|guests?) ?(?:{PERSON})?",
            f"visits? to (?:a |the )?{PERSON}|{PERSON} visits?",
            "re-? ?education|admonition",
        ),
    ),
    WordList(
        SATISFACTION,
        "满意度|满意与否|是否满意",
        ("satisf(?:action|ied)(?: (?:score|rating|answer)s?)?|happy with", "unsatisfied|dissatisfied"),
        FIELDS,
    ),
    WordList(
        AUTOMATIC,
        "自动(?:处罚|拘留|判定|拒绝|拘捕|扣分|认定)|机器判定|模型判定",
        (
            "auto(?:matic(?:ally)?)? (?:penal(?:ty|ties|i[sz]ed?)|refus(?:e|ed|al)|reject(?:s|ed|ion)?|detain(?:ed)?)",
            "auto(?:matic(?:ally)?)? (?:arrest(?:s|ed)?|den(?:y|ied|ial)|punish(?:ed|ment)?|decisions?|judged)",
            "decided by (?:the )?(?:model|system|machine|algorithm)",
        ),
    ),
)

ASKED: Refusal = (
    "person-asked",
    "Who somebody is has types of its own: never asked at opening, erased alone, and in no list",
    "Write type: name with opening: false, for whoever reports type: contact, or ask what happened",
)
_ROLES = (
    "(?:persons?|people|individuals?|suspects?|victims?|callers?|reporters?|complainants?|applicants?|witness(?:es)?"
    "|drivers?|owners?|patients?|residents?|neighbou?rs?|offenders?|passengers?|pedestrians?|relatives?|leaders?"
    "|child(?:ren)?|parents?|part(?:y|ies)|deceased|casualt(?:y|ies)|inhabitants?|managers?|landlords?)"
)
ASKED_KEY_EN = re.compile(
    rf"(?<![a-z])who(?:m|se)?(?![a-z])|(?:^| ){_ROLES} (?:s )?names?$|names? of (?:the |an? |all )*{_ROLES}"
)
ASKED_EN = re.compile(
    rf"^(?:the |an? |any |all |which )*(?:[a-z]+ )?{_ROLES}(?: [a-z]+ed| concerned| seen| found| in it)?$"
    r"|^(?:the )?(?:(?:first|last|full|family|given|sur) ?)?names?$"
    r"|^(?:reported|done|seen|found|led|signed|caused|told|taken) by$"
)
ASKED_ZH = re.compile(
    "谁|何人|什么人|哪个人|哪些人|哪位|姓名|名字|姓氏|(?:当事|涉事|涉案|涉及|相关|责任|联系)的?(?:人|方)(?!数|流|群)"
    "|(?<!机器)(?<!无)人$|(?<!或)者$|(?<!动)(?<!满)员$|(?:司机|乘客|业主|户主|房东|家属|邻居|居民|学生|群众)$"
)

SENSITIVE_ZH = re.compile("家庭暴力|家暴|性侵|强奸|猥亵|性骚扰|自杀|自残|自伤|轻生")
SENSITIVE_EN = re.compile(
    r"(?<![a-z])(?:(?:domestic|family|partner)\s*(?:violence|abuse)|sexual\s*(?:offen[cs]es?|assaults?|abuse)|rapes?"
    r"|suicid(?:e|es|al)|self\s*harm|molestation|indecent\s*assaults?)(?![a-z])"
)

# Traditional characters of the lists above, read as Simplified
SIMPLIFIED = str.maketrans(
    "點員對關註證號臉紋訪單會遊獎勵懸賞線戶風險評積黨軌跡種籍貫釋邪眾絕績考核顯隱處監聽竊盤問滿機設備識別誌觀體傳煽動輿論言罷維權穩標籤暫"
    "駐獄徒檢查誰當責聯",
    "点员对关注证号脸纹访单会游奖励悬赏线户风险评积党轨迹种籍贯释邪众绝绩考核显隐处监听窃盘问满机设备识别志观体传煽动舆论言罢维权稳标签暂"
    "驻狱徒检查谁当责联",
)
