{{/* The flags of the controller as YAML of name: value. What controller.extraArgs says comes last. */}}
{{- define "gatehouse.flags" -}}
{{- $controller := .Values.controller -}}
{{- $ports := include "gatehouse.containerPorts" . | fromJson -}}
{{- $fullname := include "gatehouse.fullname" . -}}
{{- $publish := include "gatehouse.publishService" . -}}
run-directory: {{ include "gatehouse.runDirectory" . }}
nginx-mode: attach
http-port: {{ $ports.http | int }}
https-port: {{ $ports.https | int }}
{{- if and (include "gatehouse.hasHttp3" .) (not $controller.hostNetwork) }}
http3-port: {{ include "gatehouse.http3Port" . }}
{{- end }}
{{- range $name, $port := include "gatehouse.publicPorts" . | fromJson }}
public-{{ $name }}-port: {{ $port | int }}
{{- end }}
healthz-port: {{ $controller.metrics.port | int }}
status-port: {{ include "gatehouse.statusPort" . }}
enable-metrics: {{ $controller.metrics.enabled }}
controller-class: {{ $controller.ingressClassResource.controllerValue }}
{{- with $controller.ingressClass }}
ingress-class: {{ . }}
{{- end }}
ingress-class-by-name: {{ $controller.ingressClassByName }}
watch-ingress-without-class: {{ $controller.watchIngressWithoutClass }}
configmap: {{ default "$(POD_NAMESPACE)" $controller.configMapNamespace }}/{{ include "gatehouse.controllerName" . }}
election-id: {{ include "gatehouse.electionId" . }}
{{- with $controller.electionTTL }}
election-ttl: {{ . }}
{{- end }}
{{- if $controller.disableLeaderElection }}
disable-leader-election: true
{{- end }}
{{- with $publish }}
publish-service: {{ . }}
{{- end }}
{{- if $controller.enableTopologyAwareRouting }}
enable-topology-aware-routing: true
{{- end }}
{{- if $controller.reportNodeInternalIp }}
report-node-internal-ip-address: true
{{- end }}
{{- with $controller.healthCheckHost }}
healthz-host: {{ . }}
{{- end }}
{{- if $controller.scope.enabled }}
watch-namespace: {{ include "gatehouse.watchedNamespace" . }}
{{- else if $controller.scope.namespaceSelector }}
watch-namespace-selector: {{ $controller.scope.namespaceSelector | quote }}
{{- end }}
{{- if .Values.tcp }}
tcp-services-configmap: {{ default "$(POD_NAMESPACE)" $controller.tcp.configMapNamespace }}/{{ $fullname }}-tcp
{{- end }}
{{- if .Values.udp }}
udp-services-configmap: {{ default "$(POD_NAMESPACE)" $controller.udp.configMapNamespace }}/{{ $fullname }}-udp
{{- end }}
{{- end -}}

{{/* NAMESPACE/NAME of the Service whose address Ingresses show; empty: none is written. */}}
{{- define "gatehouse.publishService" -}}
{{- $controller := .Values.controller -}}
{{- $name := include "gatehouse.controllerName" . -}}
{{- if hasKey $controller.extraArgs "publish-status-address" -}}
{{- else if not $controller.publishService.enabled -}}
{{- else if $controller.publishService.pathOverride -}}
{{- $controller.publishService.pathOverride -}}
{{- else if not $controller.service.enabled -}}
{{- else if $controller.service.external.enabled -}}
$(POD_NAMESPACE)/{{ $name }}
{{- else if $controller.service.internal.enabled -}}
$(POD_NAMESPACE)/{{ $name }}-internal
{{- end -}}
{{- end -}}

{{/* "true" when the addresses of nodes are written into the status of Ingresses, as nothing else is named. */}}
{{- define "gatehouse.publishesNodes" -}}
{{- $args := .Values.controller.extraArgs -}}
{{- $named := or (include "gatehouse.publishService" .) (hasKey $args "publish-service") (hasKey $args "publish-status-address") -}}
{{- $writes := and (ne (toString (index $args "update-status")) "false") (not .Values.controller.disableLeaderElection) -}}
{{- if and $writes (not $named) -}}true{{- end -}}
{{- end -}}

{{/* "true" when endpoints of the own zone are preferred. */}}
{{- define "gatehouse.followsZones" -}}
{{- $value := toString (index .Values.controller.extraArgs "enable-topology-aware-routing" | default .Values.controller.enableTopologyAwareRouting) -}}
{{- if eq $value "true" -}}true{{- end -}}
{{- end -}}

{{- define "gatehouse.arguments" -}}
{{- $flags := include "gatehouse.flags" . | fromYaml -}}
{{- range $name, $value := .Values.controller.extraArgs -}}
{{- $_ := set $flags $name $value -}}
{{- end -}}
{{- range $name, $value := $flags }}
- {{ ternary (printf "--%s" $name) (printf "--%s=%v" $name $value) (eq (toString $value) "") | quote }}
{{- end }}
{{- end -}}
