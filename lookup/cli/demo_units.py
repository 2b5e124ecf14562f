"""The police of 云溪市, an invented prefecture: division codes 3699xx and telephones 0369-555xxxx do not exist."""

from __future__ import annotations

from lookup.storage.units import Unit

UNITS = (
    Unit("369900010000", "云溪市公安局指挥中心", "Yunxi City Police Command Centre",
         "0369-5550110", "云溪市澄江区云台大道1号"),
    Unit("369900050000", "云溪市公安局刑事侦查支队", "Yunxi City Criminal Investigation Division",
         "0369-5550150", "云溪市澄江区云台大道1号"),
    Unit("369900060000", "云溪市公安局交通警察支队", "Yunxi City Traffic Police Division",
         "0369-5550122", "云溪市望湖区环湖路22号"),
    Unit("369902000000", "云溪市公安局澄江分局", "Chengjiang Branch, Yunxi Police",
         "0369-5550200", "云溪市澄江区江堤路18号"),
    Unit("369902510000", "澄江分局江口派出所", "Jiangkou Police Station",
         "0369-5550251", "云溪市澄江区江口街3号"),
    Unit("369902520000", "澄江分局石桥派出所", "Shiqiao Police Station",
         "0369-5550252", "云溪市澄江区石桥巷7号"),
    Unit("369902530000", "澄江分局南门派出所", "Nanmen Police Station",
         "0369-5550253", "云溪市澄江区南门外街40号"),
    Unit("369903000000", "云溪市公安局望湖分局", "Wanghu Branch, Yunxi Police",
         "0369-5550300", "云溪市望湖区环湖路5号"),
    Unit("369903510000", "望湖分局湖滨派出所", "Hubin Police Station",
         "0369-5550351", "云溪市望湖区湖滨路12号"),
    Unit("369903520000", "望湖分局柳堤派出所", "Liudi Police Station",
         "0369-5550352", "云溪市望湖区柳堤路66号"),
    Unit("369921000000", "青螺县公安局", "Qingluo County Police",
         "0369-5552100", "云溪市青螺县城关镇府前街2号"),
    Unit("369921510000", "青螺县公安局城关派出所", "Chengguan Police Station, Qingluo",
         "0369-5552151", "云溪市青螺县城关镇东街9号"),
    Unit("369921520000", "青螺县公安局茶坪派出所", "Chaping Police Station, Qingluo",
         "0369-5552152", "云溪市青螺县茶坪乡"),
    Unit("369922000000", "白石县公安局", "Baishi County Police",
         "0369-5552200", "云溪市白石县白石镇中心路1号"),
    Unit("369922510000", "白石县公安局白石派出所", "Baishi Police Station",
         "0369-5552251", "云溪市白石县白石镇渡口街5号"),
)  # fmt: skip

STATIONS = tuple(unit.code for unit in UNITS if unit.code[6] == "5")
"""Those that are sent out; the others only receive what is transferred."""

FOREIGN = "369800510000"
"""A station of a neighbouring prefecture that does not exist either: the demo's client may not speak for it."""
