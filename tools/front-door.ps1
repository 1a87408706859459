# The front door on Windows: checks the two prerequisites, builds what is stale, runs the program. `penstock test` runs every test.
$ErrorActionPreference = 'Stop'
Set-Location (Join-Path $PSScriptRoot '..')

function Need($command, $least, $name, $how) {
  $found = $null
  try { $found = (& $command --version 2>$null | Select-Object -First 1) -replace '^v', '' } catch { }
  if (-not $found -or [int]($found.Split('.')[0]) -lt $least) {
    [Console]::Error.WriteLine("penstock needs $name (found: $(if ($found) { $found } else { 'none' })). Install it, for example with`n  $how")
    exit 1
  }
}
Need 'dotnet' 10 'the .NET 10 SDK' 'winget install Microsoft.DotNet.SDK.10'
Need 'node' 20 'Node.js 20 or later' 'winget install OpenJS.NodeJS.LTS'

function NewerThan($built, $sources) {
  if (-not (Test-Path $built)) { return $true }
  $time = (Get-Item $built).LastWriteTimeUtc
  return [bool](Get-ChildItem $sources -Recurse -File | Where-Object { $_.LastWriteTimeUtc -gt $time -and $_.FullName -notmatch 'node_modules' } | Select-Object -First 1)
}

# console
if (-not (Test-Path 'console/node_modules/.penstock') -or (NewerThan 'console/node_modules/.penstock' 'console/package-lock.json')) {
  Push-Location console; npm ci --silent --no-progress; $code = $LASTEXITCODE; Pop-Location
  if ($code -ne 0) { exit 1 }
  New-Item -Force 'console/node_modules/.penstock' | Out-Null
}
if (NewerThan 'src/Penstock.Server/wwwroot/index.html' @('console/src', 'console/public', 'console/index.html', 'console/vite.config.ts', 'console/package-lock.json')) {
  Push-Location console; npm run -s build; $code = $LASTEXITCODE; Pop-Location
  if ($code -ne 0) { exit 1 }
}

if ($args.Count -gt 0 -and $args[0] -eq 'test') {
  dotnet build Penstock.slnx -c Release -v q -nologo
  if ($LASTEXITCODE -ne 0) { exit 1 }
  $passed = 0; $failed = 0; $skipped = 0
  foreach ($project in 'UnitTests', 'SystemTests') {
    $out = dotnet run --project "tests/Penstock.$project" -c Release --no-build -- --timeout 25m --long-running 120 2>&1 | ForEach-Object { "$_" }
    $code = $LASTEXITCODE
    $out | Write-Host
    $count = @{ succeeded = 0; failed = 0; skipped = 0 }
    foreach ($line in $out) { if ($line -match '^\s*(succeeded|failed|skipped): (\d+)') { $count[$Matches[1]] = [int]$Matches[2] } }
    $passed += $count.succeeded; $failed += $count.failed; $skipped += $count.skipped
    if ($code -ne 0 -and $count.failed -eq 0) { $failed++ }
  }
  Push-Location console
  npm run -s check; if ($LASTEXITCODE -ne 0) { $failed++ }
  $report = npx vitest run --reporter=json 2>$null | Out-String
  if ($report -match '"numPassedTests":(\d+)') { $passed += [int]$Matches[1] }
  if ($report -match '"numFailedTests":(\d+)') { $failed += [int]$Matches[1] }
  if ($env:PENSTOCK_CHROMIUM) {
    $out = node --test --test-reporter=tap e2e/console.test.mjs 2>&1 | ForEach-Object { "$_" }
    foreach ($line in $out) { if ($line -match '^# pass (\d+)') { $passed += [int]$Matches[1] } elseif ($line -match '^# fail (\d+)') { $failed += [int]$Matches[1] } }
  } else {
    Write-Host 'PENSTOCK_CHROMIUM names no browser: the browser tests in console/e2e were skipped.'; $skipped++
  }
  Pop-Location
  if ($skipped -gt 0) { Write-Host "$skipped skipped" }
  Write-Host "$passed passed, $failed failed"
  exit $(if ($failed -eq 0) { 0 } else { 1 })
}

$program = 'artifacts/bin/Penstock.Cli/release/penstock.exe'
if (NewerThan $program @('src', 'scenarios', 'Directory.Build.props', 'Directory.Packages.props')) {
  dotnet build src/Penstock.Cli -c Release -v q -nologo
  if ($LASTEXITCODE -ne 0) { exit 1 }
  (Get-Item $program).LastWriteTimeUtc = [DateTime]::UtcNow
}
& $program @args
exit $LASTEXITCODE
