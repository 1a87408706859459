using BenchmarkDotNet.Running;
using Penstock.Benchmarks;

if (args is ["virtual-time", ..]) return VirtualTime.Print(args.Length > 1 ? int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture) : 2000);
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
return 0;
