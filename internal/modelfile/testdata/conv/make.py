import torch, numpy as np, json
from torch import nn
torch.manual_seed(3)
class Block(nn.Module):
    def __init__(s,c,o,stride,act=nn.ReLU,proj=True):
        super().__init__()
        s.a=nn.Conv2d(c,o,3,stride,1,bias=False); s.ba=nn.BatchNorm2d(o); s.act=act()
        s.b=nn.Conv2d(o,o,3,1,1,bias=False); s.bb=nn.BatchNorm2d(o)
        s.p=nn.Sequential(nn.Conv2d(c,o,1,stride,bias=False),nn.BatchNorm2d(o)) if proj else nn.Identity()
    def forward(s,x): return s.act(s.bb(s.b(s.act(s.ba(s.a(x)))))+s.p(x))
class Mean(nn.Module):
    def forward(s,x): return x.mean((2,3))
class Scale(nn.Module):
    def forward(s,x): return (x-torch.tensor([0.1,0.2]).view(1,2,1,1))/torch.tensor([0.5,2.]).view(1,2,1,1)
class Un(nn.Module):
    def forward(s,x): return x.unsqueeze(1)
class Re(nn.Module):
    def forward(s,x): return x.view(-1,2,6,5)
class Pre(nn.Module):
    def __init__(s,c): super().__init__(); s.n=nn.BatchNorm2d(c); s.c=nn.Conv2d(c,c,3,1,1)
    def forward(s,x): return x+s.c(torch.relu(s.n(x)))
class MLPRes(nn.Module):
    def __init__(s): super().__init__(); s.f=nn.Linear(7,9); s.g=nn.Linear(9,9); s.h=nn.Linear(9,9); s.o=nn.Linear(9,4)
    def forward(s,x):
        x=torch.relu(s.f(x)); x=x+torch.relu(s.g(x)); x=x+s.h(torch.tanh(x)); return s.o(x)
models={
 'lenet':(nn.Sequential(nn.Conv2d(1,3,3,padding=1),nn.ReLU(),nn.MaxPool2d(2),nn.Conv2d(3,4,3),nn.BatchNorm2d(4),nn.ReLU(),nn.AvgPool2d(2),nn.Flatten(),nn.Linear(4*2*2,5),nn.ReLU(),nn.Linear(5,3)),(1,12,12)),
 'resnet':(nn.Sequential(Scale(),nn.Conv2d(2,3,3,padding=1),nn.BatchNorm2d(3),nn.ReLU(),Block(3,3,1,proj=False),Block(3,4,2),nn.AdaptiveAvgPool2d(1),nn.Flatten(),nn.Linear(4,3)),(2,6,5)),
 'mean':(nn.Sequential(nn.Conv2d(2,4,3,2,1,dilation=1),nn.GELU(),nn.MaxPool2d(3,2,1),Mean(),nn.Linear(4,3)),(2,9,7)),
 'signal':(nn.Sequential(Un(),nn.Conv1d(1,4,5,2,1),nn.ReLU(),nn.MaxPool1d(2),nn.Conv1d(4,3,3),nn.Tanh(),nn.Flatten(),nn.Linear(3*2,3)),(20,)),
 'groups':(nn.Sequential(Re(),nn.Conv2d(2,4,3,padding=1,groups=2),nn.ReLU(),nn.Conv2d(4,4,3,groups=4,dilation=(1,2)),nn.LeakyReLU(0.1),nn.Conv2d(4,2,1),nn.Flatten(),nn.Linear(2*4*1,3)),(60,)),
 'pre':(nn.Sequential(nn.Conv2d(2,3,3,padding=1),Pre(3),Pre(3),nn.BatchNorm2d(3),nn.ReLU(),nn.AvgPool2d(2,padding=1),nn.Flatten(),nn.Linear(3*4*3,3)),(2,6,5)),
 'mlpres':(MLPRes(),(7,)),
}
out={}
for k,(m,shape) in models.items():
    for mod in m.modules():
        if isinstance(mod,nn.BatchNorm2d):
            mod.running_mean.uniform_(-.5,.5); mod.running_var.uniform_(.5,2); mod.weight.data.uniform_(.5,1.5); mod.bias.data.uniform_(-.5,.5)
    m.eval(); x=torch.randn(4,*shape)
    for dyn in (0,1):
        torch.onnx.export(m,x[:1],f'{k}{"-dynamic" if dyn else ""}.onnx',input_names=['x'],output_names=['y'],do_constant_folding=not dyn,training=torch.onnx.TrainingMode.PRESERVE if dyn else torch.onnx.TrainingMode.EVAL,dynamic_axes={'x':{0:'n'},'y':{0:'n'}} if dyn else None)
    y=m.double()(x.double()).detach().numpy()
    out[k]={'x':x.numpy().reshape(4,-1).tolist(),'y':y.tolist()}
json.dump(out,open('expected.json','w'))
